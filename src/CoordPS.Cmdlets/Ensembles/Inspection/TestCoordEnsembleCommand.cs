using System.Diagnostics;
using System.Globalization;
using System.Management.Automation;
using CoordPS.Client;
using CoordPS.Client.Admin;
using CoordPS.Protocol;
using CoordPS.Server.Hosting;

namespace CoordPS.Cmdlets;

/// <summary>
/// Checks whether an ensemble is well and emits each check with its reading, and with what to do where it failed. With <c>-Quiet</c> emits only whether
/// none failed.
/// </summary>
[Cmdlet(VerbsDiagnostic.Test, "CoordEnsemble", SupportsShouldProcess = true)]
[OutputType(typeof(CoordCheck), typeof(bool))]
public sealed class TestCoordEnsembleCommand : InspectionCmdlet
{
    private static readonly EnsembleCheckLimits Defaults = new();

    /// <summary>Emits only true or false: false when a check failed. Warnings, and what could not be read, don't make it false.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    /// <summary>Also creates an ephemeral znode, reads it and deletes it, measures how long that takes, and compares the leader's clock with this machine's.</summary>
    [Parameter]
    public SwitchParameter Canary { get; set; }

    /// <summary>Transactions that a member may be behind the leader; default 1000.</summary>
    [Parameter]
    [ValidateRange(0, long.MaxValue)]
    public long MaxLag { get; set; } = Defaults.Lag;

    /// <summary>Requests that may wait for their answer at a member; default 100.</summary>
    [Parameter]
    [ValidateRange(0, long.MaxValue)]
    public long MaxOutstanding { get; set; } = Defaults.Outstanding;

    /// <summary>How long requests may take on average; default 50ms.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan MaxLatency { get; set; } = TimeSpan.FromMilliseconds(Defaults.Latency);

    /// <summary>How long an fsync may take on average; default 20ms.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan MaxFsync { get; set; } = TimeSpan.FromMilliseconds(Defaults.Fsync);

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        EnsembleCheckLimits limits = Defaults with
        {
            Lag = MaxLag, Outstanding = MaxOutstanding, Latency = MaxLatency.TotalMilliseconds, Fsync = MaxFsync.TotalMilliseconds,
        };
        foreach (InspectedEnsemble ensemble in await FindEnsemblesAsync())
        {
            List<MemberStatus> members = [];
            await foreach (MemberStatus member in ensemble.Probe(Options).ReadAsync(Cancellation))
            {
                members.Add(member);
                WriteVerbose($"{member.Id}={member.Server}: {member.State}{(member.Reason is null ? "" : $", {member.Reason}")}.");
            }

            members = [.. members.OrderBy(member => member.Id ?? int.MaxValue)];
            Dictionary<MemberStatus, CoordMember> known = members.ToDictionary<MemberStatus, MemberStatus, CoordMember>(
                member => member, ensemble.Member, ReferenceEqualityComparer.Instance);
            bool passed = true;
            foreach (EnsembleCheck check in new EnsembleChecks(members, limits).Run().Concat(Disks(ensemble, members, limits)))
                Emit(check);
            foreach (EnsembleCheck check in await CanaryAsync(ensemble, limits))
                Emit(check);
            if (Quiet)
                WriteObject(passed);

            void Emit(EnsembleCheck check)
            {
                passed &= check.Status != CheckStatus.Failed;
                if (!Quiet)
                    WriteObject(new CoordCheck(ensemble.Name, check, check.Member is null ? null : known[check.Member]));
            }
        }
    }

    /// <summary>The disks of members that run on this machine.</summary>
    private static IEnumerable<EnsembleCheck> Disks(InspectedEnsemble ensemble, IEnumerable<MemberStatus> members, EnsembleCheckLimits limits)
    {
        string expected = string.Create(CultureInfo.InvariantCulture, $"at least {limits.FreeDisk * 100:0} % free");
        foreach (MemberStatus member in members.Where(member => member.State > MemberState.NotServing))
        {
            string? folder = member.Settings.GetValueOrDefault("dataLogDir") ?? member.Settings.GetValueOrDefault("dataDir");
            bool isHere = ensemble.Local is { Kind: not LocalEnsembleKind.Container }
                || (ensemble.Local is null && member.Server is { } server && (server.Host == "localhost" || (System.Net.IPAddress.TryParse(server.Host, out var address) && System.Net.IPAddress.IsLoopback(address))));
            if (folder is null || !isHere || !Directory.Exists(folder))
            {
                yield return new EnsembleCheck(
                    "Disk", CheckStatus.Unknown, !isHere ? "the member runs elsewhere" : folder is null ? "the member does not tell where its data is" : $"'{folder}' is not on this machine",
                    expected, member, null);
                continue;
            }

            var disk = new DriveInfo(folder);
            bool passed = disk.AvailableFreeSpace >= disk.TotalSize * limits.FreeDisk;
            yield return new EnsembleCheck(
                "Disk", passed ? CheckStatus.Passed : disk.AvailableFreeSpace < 256 << 20 ? CheckStatus.Failed : CheckStatus.Warning,
                string.Create(CultureInfo.InvariantCulture, $"{disk.AvailableFreeSpace / 1e9:0.#} of {disk.TotalSize / 1e9:0.#} GB free at {folder}"), expected, member,
                passed ? null : "Make room: a member whose disk is full stops. Let it purge old snapshots and logs (autopurge.purgeInterval).");
        }
    }

    /// <summary>A write, a read and a delete, and the clock of the leader by the time it gave the znode.</summary>
    private async Task<IReadOnlyList<EnsembleCheck>> CanaryAsync(InspectedEnsemble ensemble, EnsembleCheckLimits limits)
    {
        const string Name = "Canary", Clock = "Clock", Expected = "created, read and deleted", Closed = "within 1 s of this machine's";
        string path = $"/coordps-canary-{Guid.NewGuid():n}";
        if (!Canary || !ShouldProcess($"{path} in '{ensemble.Name}'", "Create and delete an ephemeral znode"))
            return [new EnsembleCheck(Clock, CheckStatus.Unknown, "members tell the time only with a write", Closed, null, Canary ? null : "Run it with -Canary to compare the leader's clock.")];
        try
        {
            await using SessionLease lease = await ensemble.OpenAsync(Timeout, Cancellation);
            ZooKeeperClient client = lease.Client;
            DateTimeOffset before = DateTimeOffset.UtcNow, after;
            long start = Stopwatch.GetTimestamp();
            double written;
            Stat stat;
            try
            {
                await client.CreateAsync(path, new byte[16], CreateMode.Ephemeral, ct: Cancellation).WaitAsync(Timeout, Cancellation);
                written = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
                after = DateTimeOffset.UtcNow;
                stat = (await client.GetDataAsync(path, Cancellation).WaitAsync(Timeout, Cancellation)).Stat;
            }
            finally
            {
                // A session that is not ours would keep it: it goes even where its creation was not confirmed.
                await RemoveAsync(client, path);
            }

            double total = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            var leader = DateTimeOffset.FromUnixTimeMilliseconds(stat.Ctime);
            // It was created at some time between: only what is outside is a difference of clocks.
            TimeSpan skew = leader > after ? leader - after : leader < before.AddMilliseconds(-1) ? leader - before : TimeSpan.Zero;
            bool inTime = skew.Duration() <= limits.ClockSkew;
            return
            [
                new EnsembleCheck(Name, CheckStatus.Passed, string.Create(CultureInfo.InvariantCulture, $"write {written:0.0} ms, round trip {total:0.0} ms"), Expected, null, null),
                new EnsembleCheck(
                    Clock, inTime ? CheckStatus.Passed : CheckStatus.Warning,
                    string.Create(CultureInfo.InvariantCulture, $"the leader's is {(skew == TimeSpan.Zero ? "the same, as far as can be told" : $"{Math.Abs(skew.TotalMilliseconds):0} ms {(skew > TimeSpan.Zero ? "ahead" : "behind")}")}"),
                    Closed, null, inTime ? null : "Synchronize the clocks (NTP): times of znodes, and times to live, are the leader's."),
            ];
        }
        catch (ZooKeeperException e)
        {
            ErrorRecord record = ErrorRecords.From(e, path);
            return [new EnsembleCheck(Name, CheckStatus.Failed, record.ErrorDetails.Message, Expected, null, record.ErrorDetails.RecommendedAction)];
        }
        catch (TimeoutException)
        {
            return
            [
                new EnsembleCheck(
                    Name, CheckStatus.Failed, $"no answer within {Timeout.TotalMilliseconds:0} ms", Expected, null, "Writes don't get through: see the quorum and the members' fsync times."),
            ];
        }
    }

    private async Task RemoveAsync(ZooKeeperClient client, string path)
    {
        try
        {
            await client.DeleteAsync(path).WaitAsync(Timeout);
        }
        catch (NoNodeException)
        {
        }
    }
}
