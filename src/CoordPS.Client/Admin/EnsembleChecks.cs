using System.Globalization;

namespace CoordPS.Client.Admin;

/// <summary>Judges the readings of an ensemble's members.</summary>
/// <param name="members">All members, as <see cref="EnsembleProbe"/> read them.</param>
/// <param name="limits">From where on a reading is a warning; null for the defaults.</param>
public sealed class EnsembleChecks(IReadOnlyList<MemberStatus> members, EnsembleCheckLimits? limits = null)
{
    private readonly EnsembleCheckLimits _limits = limits ?? new EnsembleCheckLimits();

    private IEnumerable<MemberStatus> Answering => members.Where(member => member.State > MemberState.Unreachable);

    private IEnumerable<MemberStatus> Serving => members.Where(member => member.State > MemberState.NotServing);

    private MemberStatus? Leader => members.FirstOrDefault(member => member.Role == MemberRole.Leader);

    private bool IsStandalone => members is [{ Role: MemberRole.Standalone }];

    /// <summary>All checks: those of the ensemble as a whole first, then each member's.</summary>
    public IEnumerable<EnsembleCheck> Run()
    {
        yield return OneLeader();
        yield return Quorum();
        yield return Size();
        yield return SameEpoch();
        yield return SameConfiguration();
        yield return SameVersion();
        yield return SessionCount();
        foreach (MemberStatus member in members)
        {
            yield return Reachable(member);
            if (member.State <= MemberState.Unreachable)
                continue;
            yield return Serves(member);
            if (member.State <= MemberState.NotServing)
                continue;
            if (member.Role != MemberRole.Standalone)
            {
                yield return Threshold(
                    "Lag", member, nameof(MemberStatus.Lag), member.Lag, _limits.Lag, "transactions behind the leader",
                    "The member applies writes too slowly: look at its disk, its CPU and the network between it and the leader.");
            }

            yield return Threshold(
                "Outstanding", member, nameof(MemberStatus.Outstanding), member.Outstanding, _limits.Outstanding, "requests waiting",
                "The member receives more than it can answer: look at its fsync times and CPU, and at the clients that ask (Invoke-CoordAdminCommand cons).");
            yield return Threshold(
                "Latency", member, nameof(MemberStatus.AverageLatency), member.AverageLatency, _limits.Latency, $"ms on average{Most(member.MaxLatency)}",
                "Look at the member's fsync times and garbage collection; reset the statistics (Invoke-CoordAdminCommand srst) to see how it is now.");
            yield return Fsync(member);
            yield return OpenFiles(member);
            yield return Threshold(
                "Watches", member, nameof(MemberStatus.WatchCount), member.WatchCount, _limits.Watches, "watches",
                "See who keeps them: Invoke-CoordAdminCommand wchs, and wchp on a member that serves few clients.");
        }
    }

    private static string Most(double? most) => most is null ? "" : $", {Number(most.Value)} at most";

    private static string Number(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    private static string Names(IEnumerable<MemberStatus> members) => string.Join(", ", members.Select(Name));

    private static string Name(MemberStatus member) => member switch
    {
        { Id: > 0, Server: not null } => $"{member.Id} ({member.Server})",
        { Server: not null } => member.Server.ToString(),
        _ => $"{member.Id}",
    };

    private static string Why(MemberStatus member, string property) => member.WhyUnknown.GetValueOrDefault(property) ?? "the member does not tell it";

    private static string? AdviceFor(MemberStatus member, string property) =>
        Why(member, property).Contains(FourLetterWordClient.WhitelistSetting, StringComparison.Ordinal)
            ? $"Allow mntr and conf in {FourLetterWordClient.WhitelistSetting} of the member's zoo.cfg and restart it, or give -AdminPort."
            : null;

    private static EnsembleCheck NotTold(string name, MemberStatus member, string property, string expected) =>
        new(name, CheckStatus.Unknown, Why(member, property), expected, member, AdviceFor(member, property));

    private static EnsembleCheck Threshold(string name, MemberStatus member, string property, double? reading, double limit, string unit, string advice)
    {
        string expected = $"at most {Number(limit)}";
        if (reading is not { } value)
            return NotTold(name, member, property, expected);
        bool passed = value <= limit;
        return new EnsembleCheck(name, passed ? CheckStatus.Passed : CheckStatus.Warning, $"{Number(value)} {unit}", expected, member, passed ? null : advice);
    }

    private static EnsembleCheck Reachable(MemberStatus member) => member.State switch
    {
        MemberState.Unknown => new EnsembleCheck(
            "Reachable", CheckStatus.Unknown, member.Reason ?? "not asked", "answers", member, "Add the member's address for clients to the connection string, or to its server line in the configuration."),
        MemberState.Unreachable => new EnsembleCheck(
            "Reachable", CheckStatus.Failed, member.Reason ?? "no answer", "answers", member, "Look whether the member runs, at the end of its log, and at the network to it."),
        _ => new EnsembleCheck("Reachable", CheckStatus.Passed, member.ResponseTime is { } time ? $"answered in {Number(time)} ms" : "answered", "answers", member, null),
    };

    private static EnsembleCheck Serves(MemberStatus member) => member.State switch
    {
        MemberState.NotServing => new EnsembleCheck(
            "Serving", CheckStatus.Failed, member.Reason ?? "serves no clients", "serves clients", member,
            "Bring up a majority of the members. If the others have a leader, look at the member's log and at the ports between the members."),
        MemberState.ReadOnly => new EnsembleCheck(
            "Serving", CheckStatus.Failed, "serves reads only, without a quorum", "serves clients", member, "Bring up a majority of the members."),
        _ => new EnsembleCheck("Serving", CheckStatus.Passed, member.Role.ToString().ToLowerInvariant(), "serves clients", member, null),
    };

    private EnsembleCheck OneLeader()
    {
        MemberStatus[] leaders = [.. members.Where(member => member.Role == MemberRole.Leader)], alone = [.. members.Where(member => member.Role == MemberRole.Standalone)];
        if (IsStandalone)
            return new EnsembleCheck("Leader", CheckStatus.Passed, "a standalone server", "exactly one leader", alone[0], null);
        if (alone.Length > 0)
        {
            return new EnsembleCheck(
                "Leader", CheckStatus.Failed, $"standalone: {Names(alone)}", "exactly one leader", null,
                "These are servers of their own, each with its own data: put server.N lines for all members into each zoo.cfg, or leave them out of the connection string.");
        }

        // A leader that lost its quorum says so within syncLimit.
        return leaders.Length switch
        {
            1 => new EnsembleCheck("Leader", CheckStatus.Passed, Name(leaders[0]), "exactly one leader", leaders[0], null),
            0 when members.Any(member => member.State == MemberState.Unknown) || Serving.Any(member => member.Role is MemberRole.Follower or MemberRole.Observer) => new EnsembleCheck(
                "Leader", CheckStatus.Unknown, "none among the members that answer, but some of them follow one", "exactly one leader", null,
                "Give the addresses of all members, and see why the leader can't be reached from here."),
            0 => new EnsembleCheck("Leader", CheckStatus.Failed, "none", "exactly one leader", null, "Bring up a majority of the members; then look at their logs for elections that fail."),
            _ => new EnsembleCheck(
                "Leader", CheckStatus.Failed, $"{leaders.Length}: {Names(leaders)}", "exactly one leader", null,
                "Run the test again: an old leader steps down within syncLimit. If both stay, they belong to different ensembles: compare their server lines."),
        };
    }

    private EnsembleCheck Quorum()
    {
        EnsembleMembership? membership = members.Select(member => member.Membership).FirstOrDefault(one => one is not null);
        int voters = IsStandalone ? 1 : membership?.Members.Count(member => !member.IsObserver) ?? members.Count(member => member.Role != MemberRole.Observer);
        int needed = (voters / 2) + 1;
        string expected = $"{needed} of {voters} voting members";
        if (IsStandalone)
            return new EnsembleCheck("Quorum", CheckStatus.Passed, "a standalone server", expected, null, null);
        int following = Serving.Count(member => member.State == MemberState.Serving && member.Role is MemberRole.Leader or MemberRole.Follower);
        string reading = $"{following} of {voters} lead or follow";
        // What the leader says counts where members can't be asked from here.
        if (Leader?.SyncedFollowers is { } synced && synced + 1 > following)
            (following, reading) = ((int)Math.Min(synced + 1, voters), $"{synced + 1} of {voters} lead or follow, says the leader");
        return following < needed
            ? new EnsembleCheck("Quorum", CheckStatus.Failed, reading, expected, null, "Bring up a majority of the members: until then nothing can be written.")
            : following < voters
                ? new EnsembleCheck("Quorum", CheckStatus.Warning, reading, expected, null, $"{(following == needed ? "None" : following - needed)} of them may fail; bring up the others.")
                : new EnsembleCheck("Quorum", CheckStatus.Passed, reading, expected, null, null);
    }

    private EnsembleCheck Size()
    {
        EnsembleMembership? membership = members.Select(member => member.Membership).FirstOrDefault(one => one is not null);
        int voters = membership?.Members.Count(member => !member.IsObserver) ?? members.Count(member => member.Role != MemberRole.Observer);
        return voters % 2 == 1
            ? new EnsembleCheck("Size", CheckStatus.Passed, $"{voters} voting, tolerates {voters / 2} failed", "an odd number of voting members", null, null)
            : new EnsembleCheck(
                "Size", CheckStatus.Warning, $"{voters} voting, tolerates {(voters - 1) / 2} failed", "an odd number of voting members", null,
                voters == 2 ? "Add a third: with two, either's failure stops the ensemble." : $"Add or remove one: {voters - 1} tolerate as many failures.");
    }

    private EnsembleCheck SameEpoch()
    {
        const string Expected = "the same epoch everywhere";
        if (IsStandalone)
            return new EnsembleCheck("Epoch", CheckStatus.Passed, $"{members[0].Epoch}", Expected, null, null);
        if (Leader?.LastZxid is not { } last)
            return new EnsembleCheck("Epoch", CheckStatus.Unknown, "no leader was read", Expected, null, null);
        MemberStatus[] other = [.. Serving.Where(member => member.LastZxid is { } zxid && zxid >>> 32 != last >>> 32)];
        if (other.Length == 0)
            return new EnsembleCheck("Epoch", CheckStatus.Passed, $"{last >>> 32}", Expected, null, null);
        return (last & 0xffffffff) == 0 && other.All(member => member.Epoch < last >>> 32)
            ? new EnsembleCheck("Epoch", CheckStatus.Passed, $"{last >>> 32}, nothing written in it yet", Expected, null, null)
            : new EnsembleCheck(
                "Epoch", CheckStatus.Failed, $"{last >>> 32} at the leader; {string.Join(", ", other.Select(member => $"{member.Epoch} at {Name(member)}"))}", Expected, null,
                "Run the test again; a member that stays in another epoch does not follow this leader: look at its log, or restart it.");
    }

    private EnsembleCheck SameConfiguration()
    {
        const string Expected = "the same at all members";
        MemberStatus[] told = [.. Answering.Where(member => member.Settings.Count > 0)], untold = [.. Answering.Where(member => member.Settings.Count == 0)];
        if (told.Length == 0)
        {
            return untold.Length == 0
                ? new EnsembleCheck("Configuration", CheckStatus.Unknown, "no member answers", Expected, null, null)
                : new EnsembleCheck("Configuration", CheckStatus.Unknown, Why(untold[0], nameof(MemberStatus.Settings)), Expected, null, AdviceFor(untold[0], nameof(MemberStatus.Settings)));
        }

        List<string> differences = [];
        foreach (string setting in (string[])["tickTime", "initLimit", "syncLimit"])
            Compare(setting, member => member.Settings.GetValueOrDefault(setting) ?? "");
        Compare("members", member => member.Membership is null ? "" : string.Join(' ', member.Membership.Members.Select(one => $"{one.Id}={one.Host}:{one.QuorumPort}:{one.ElectionPort}{(one.IsObserver ? ":observer" : "")}")));
        Compare("version", member => member.Membership?.Version is { } version ? $"0x{version:x}" : "");
        if (differences.Count > 0)
        {
            return new EnsembleCheck(
                "Configuration", CheckStatus.Failed, string.Join("; ", differences), Expected, null,
                "Correct zoo.cfg where it is wrong and restart that member. A member whose configuration version is older has not caught up with a reconfiguration.");
        }

        string reading = told[0].Membership is { } membership ? $"{membership.Members.Count} members, version 0x{membership.Version ?? 0:x}" : "equal";
        return untold.Length == 0
            ? new EnsembleCheck("Configuration", CheckStatus.Passed, reading, Expected, null, null)
            : new EnsembleCheck(
                "Configuration", CheckStatus.Unknown, $"{reading}; not told by {Names(untold)}", Expected, null, AdviceFor(untold[0], nameof(MemberStatus.Settings)));

        void Compare(string what, Func<MemberStatus, string> value)
        {
            var values = told.GroupBy(value, StringComparer.Ordinal).Where(group => group.Key.Length > 0).ToArray();
            if (values.Length > 1)
                differences.Add($"{what}: {string.Join(", ", values.Select(group => $"{group.Key} at {Names(group)}"))}");
        }
    }

    private EnsembleCheck SameVersion()
    {
        const string Expected = "one version";
        var versions = Answering.Where(member => member.Version is not null).GroupBy(member => member.Version!, StringComparer.Ordinal).ToArray();
        return versions.Length switch
        {
            0 => new EnsembleCheck("Version", CheckStatus.Unknown, "no member tells it", Expected, null, null),
            1 => new EnsembleCheck("Version", CheckStatus.Passed, versions[0].Key, Expected, null, null),
            _ => new EnsembleCheck(
                "Version", CheckStatus.Warning, string.Join("; ", versions.Select(group => $"{group.Key} at {Names(group)}")), Expected, null,
                "Right while members are replaced one by one; else bring all to one version."),
        };
    }

    private EnsembleCheck SessionCount()
    {
        string expected = $"at most {_limits.Sessions}";
        if (Serving.FirstOrDefault(member => member.Sessions is not null) is { Sessions: { } sessions })
        {
            return sessions <= _limits.Sessions
                ? new EnsembleCheck("Sessions", CheckStatus.Passed, $"{sessions} sessions", expected, null, null)
                : new EnsembleCheck("Sessions", CheckStatus.Warning, $"{sessions} sessions", expected, null, "See who opens them: Invoke-CoordAdminCommand cons.");
        }

        return Serving.FirstOrDefault() is { } member
            ? NotTold("Sessions", member, nameof(MemberStatus.Sessions), expected)
            : new EnsembleCheck("Sessions", CheckStatus.Unknown, "no member serves", expected, null, null);
    }

    private EnsembleCheck Fsync(MemberStatus member)
    {
        string expected = $"at most {Number(_limits.Fsync)} ms on average, {Number(_limits.SlowFsync)} ms at most";
        const string Advice = "Give the transaction log (dataLogDir) a disk of its own, and look at what else writes to this one.";
        if (member.AverageFsync is { } average)
        {
            bool passed = average <= _limits.Fsync && !(member.MaxFsync > _limits.SlowFsync);
            return new EnsembleCheck(
                "Fsync", passed ? CheckStatus.Passed : CheckStatus.Warning, $"{Number(average)} ms on average{Most(member.MaxFsync)}", expected, member, passed ? null : Advice);
        }

        if (member.SlowFsyncs is { } slow && !member.Metrics.ContainsKey("cnt_fsynctime"))
        {
            return new EnsembleCheck(
                "Fsync", slow == 0 ? CheckStatus.Passed : CheckStatus.Warning, $"{slow} over the member's fsync.warningthresholdms", expected, member, slow == 0 ? null : Advice);
        }

        return member.Metrics.GetValueOrDefault("cnt_fsynctime") == "0"
            ? new EnsembleCheck("Fsync", CheckStatus.Passed, "none made yet", expected, member, null)
            : NotTold("Fsync", member, nameof(MemberStatus.AverageFsync), expected);
    }

    private EnsembleCheck OpenFiles(MemberStatus member)
    {
        string expected = $"at most {Number(_limits.OpenFiles * 100)} %";
        if (member.OpenFiles is not { } open || member.MaxFiles is not > 0)
            return NotTold("FileDescriptors", member, nameof(MemberStatus.OpenFiles), expected);
        bool passed = open <= member.MaxFiles * _limits.OpenFiles;
        return new EnsembleCheck(
            "FileDescriptors", passed ? CheckStatus.Passed : CheckStatus.Warning, $"{open} of {member.MaxFiles}", expected, member,
            passed ? null : "Raise the limit (ulimit -n, LimitNOFILE) before connections are refused, and see who connects: Invoke-CoordAdminCommand cons.");
    }
}
