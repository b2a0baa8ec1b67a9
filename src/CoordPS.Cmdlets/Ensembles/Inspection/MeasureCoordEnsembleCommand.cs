using System.Globalization;
using System.Management.Automation;
using CoordPS.Client;
using CoordPS.Client.Admin;
using CoordPS.Client.Load;
using CoordPS.Protocol;
using CoordPS.Server.Admin;

namespace CoordPS.Cmdlets;

/// <summary>
/// Measures how many reads and writes an ensemble serves and how long they take, with sessions and znodes of its own that go afterwards however it ends:
/// the znodes are ephemerals in a container. It is a load: other clients notice.
/// </summary>
[Cmdlet(VerbsDiagnostic.Measure, "CoordEnsemble", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(CoordMeasurement))]
public sealed class MeasureCoordEnsembleCommand : InspectionCmdlet
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan CleanUpPatience = TimeSpan.FromSeconds(10);

    /// <summary>What to do, one after the other; default Read, Write and Mixed.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public CoordLoadOperation[] Operation { get; set; } = [CoordLoadOperation.Read, CoordLoadOperation.Write, CoordLoadOperation.Mixed];

    /// <summary>Sessions, spread over the members; default 8.</summary>
    [Parameter]
    [ValidateRange(1, 1000)]
    public int Sessions { get; set; } = 8;

    /// <summary>Requests that each session keeps in flight; default 16.</summary>
    [Parameter]
    [ValidateRange(1, 10_000)]
    public int Outstanding { get; set; } = 16;

    /// <summary>Bytes of data of each znode; default 100.</summary>
    [Parameter]
    [ValidateRange(0, 1_000_000)]
    public int DataSize { get; set; } = 100;

    /// <summary>Znodes to choose from; default 100.</summary>
    [Parameter]
    [ValidateRange(1, 100_000)]
    public int ZNodeCount { get; set; } = 100;

    /// <summary>How long each operation is measured; default 5s.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan Duration { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long each operation runs before it is measured; default 1s.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan WarmUp { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>The percentage of reads in Mixed; default 70.</summary>
    [Parameter]
    [ValidateRange(0, 100)]
    public int ReadPercent { get; set; } = 70;

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        foreach (InspectedEnsemble ensemble in await FindEnsemblesAsync())
        {
            if (ShouldProcess(ensemble.Name, $"Load with {Sessions} sessions for {Operation.Length * (WarmUp + Duration).TotalSeconds:0.#} s"))
                await MeasureAsync(ensemble);
        }
    }

    private async Task MeasureAsync(InspectedEnsemble ensemble)
    {
        string root = $"/coordps-measure-{Guid.NewGuid():n}";
        byte[] data = [.. Enumerable.Range(0, DataSize).Select(i => (byte)('a' + (i % 26)))];
        List<ZooKeeperClient> sessions = [];
        bool created = false;
        try
        {
            for (int i = 0; i < Sessions; i++)
                sessions.Add(await ensemble.ConnectAsync(Timeout, Cancellation, Math.Max(1000, Outstanding)));
            created = true;
            await CreateRootAsync(sessions[0], root);
            string[] paths = [.. Enumerable.Range(0, ZNodeCount).Select(i => string.Create(CultureInfo.InvariantCulture, $"{root}/n{i}"))];
            await Task.WhenAll(paths.Select(path => sessions[0].CreateAsync(path, data, CreateMode.Ephemeral, ct: Cancellation)));
            // The others' members may not have them yet.
            await Task.WhenAll(sessions.Skip(1).Select(session => session.SyncAsync(root, Cancellation)));
            foreach (CoordLoadOperation operation in Operation)
                WriteObject(await MeasureAsync(ensemble, operation, sessions, paths, data));
        }
        finally
        {
            // Also after Ctrl+C, which is why nothing here is canceled with the cmdlet.
            if (created)
                await CleanUpAsync(sessions[0], root);
            await Task.WhenAll(sessions.Select(session => session.DisposeAsync().AsTask()));
        }
    }

    private async Task<CoordMeasurement> MeasureAsync(
        InspectedEnsemble ensemble, CoordLoadOperation operation, List<ZooKeeperClient> sessions, string[] paths, byte[] data)
    {
        WriteVerbose($"Measuring {operation} with {Sessions} sessions of {Outstanding} requests for {Duration.TotalSeconds:0.###} s.");
        LatencyHistogram[] latencies = [.. sessions.Select(_ => new LatencyHistogram())];
        int reads = operation switch { CoordLoadOperation.Read => 100, CoordLoadOperation.Write => 0, _ => ReadPercent };
        Task DoAsync(int session, long number) => Random.Shared.Next(100) < reads
            ? sessions[session].GetDataAsync(paths[Random.Shared.Next(paths.Length)], Cancellation)
            : sessions[session].SetDataAsync(paths[Random.Shared.Next(paths.Length)], data, ct: Cancellation);

        var loop = new ClosedLoop(Sessions, Outstanding, 0, DoAsync, (session, microseconds) => latencies[session].Record(microseconds));
        Task<Dictionary<string, CoordMember>> before = Task.FromResult(new Dictionary<string, CoordMember>()), after = before;
        Task<TimeSpan> running = Task.Run(
            () => loop.RunAsync(WarmUp, Duration, () => before = ReadAsync(ensemble), () => after = ReadAsync(ensemble), Cancellation), Cancellation);
        var progress = new ProgressReporter(this, $"Measuring {operation} of {ensemble.Name}");
        try
        {
            while (await Task.WhenAny(running, Task.Delay(Tick, Cancellation)) != running && !Cancellation.IsCancellationRequested)
                progress.Report(latencies.Sum(latency => latency.Count()), "operations");
            TimeSpan elapsed = await running;
            var all = new LatencyHistogram();
            foreach (LatencyHistogram latency in latencies)
                all.Add(latency);
            Dictionary<string, CoordMember> first = await before, last = await after;
            return new CoordMeasurement(ensemble.Name, operation, elapsed, all, loop.Errors)
            {
                Sessions = Sessions,
                Outstanding = Outstanding,
                DataSize = DataSize,
                Members = [.. last.Where(pair => first.ContainsKey(pair.Key)).Select(pair => new CoordMemberRate(first[pair.Key], pair.Value)).OrderBy(rate => rate.Member.Id)],
            };
        }
        finally
        {
            progress.Complete();
        }
    }

    /// <summary>The members that answer, by their address.</summary>
    private async Task<Dictionary<string, CoordMember>> ReadAsync(InspectedEnsemble ensemble)
    {
        var members = new Dictionary<string, CoordMember>(StringComparer.Ordinal);
        await foreach (MemberStatus reading in ensemble.Probe(Options).ReadAsync(Cancellation).ConfigureAwait(false))
        {
            if (reading.State > MemberState.NotServing)
                members[$"{reading.Server}"] = ensemble.Member(reading);
        }

        return members;
    }

    /// <summary>A container, which servers remove when it is empty: then not even a killed process leaves anything. Servers before 3.5.3 have none.</summary>
    private async Task CreateRootAsync(ZooKeeperClient session, string root)
    {
        try
        {
            await session.CreateAsync(root, mode: CreateMode.Container, ct: Cancellation);
        }
        catch (UnimplementedException)
        {
            await session.CreateAsync(root, ct: Cancellation);
        }
    }

    private async Task CleanUpAsync(ZooKeeperClient session, string root)
    {
        try
        {
            using var patience = new CancellationTokenSource(CleanUpPatience);
            await session.DeleteRecursiveAsync(root, ct: patience.Token);
        }
        catch (Exception e) when (e is ZooKeeperException or OperationCanceledException)
        {
            if (!Cancellation.IsCancellationRequested)
                WriteWarning($"'{root}' could not be removed: {e.Message} Its znodes go with the sessions, and it with them (3.5.3 and later).");
        }
    }
}
