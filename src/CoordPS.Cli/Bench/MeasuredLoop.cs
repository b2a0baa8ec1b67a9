using CoordPS.Client.Load;
using CoordPS.Server.Admin;

namespace CoordPS.Cli.Bench;

/// <summary>Measures operations of many sessions at once: their latencies, and the processor time that they took.</summary>
internal static class MeasuredLoop
{
    /// <summary>Runs an operation until time is up, or, with a limit, until all is done.</summary>
    /// <param name="name">The operation's name in the result.</param>
    /// <param name="limit">Operations of each session; 0: until time is up.</param>
    /// <param name="operation">Starts operation number N of a session.</param>
    /// <param name="options">Sessions, window, times and processes.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<BenchResult> RunAsync(
        string name, long limit, Func<int, long, Task> operation, BenchOptions options, CancellationToken cancellationToken)
    {
        // A histogram for each session, so that sessions on several processors don't write to the same memory.
        LatencyHistogram[] latencies = [.. Enumerable.Range(0, options.Sessions).Select(_ => new LatencyHistogram())];
        var loop = new ClosedLoop(options.Sessions, options.Window, limit, operation, (session, microseconds) => latencies[session].Record(microseconds));
        var (before, usage) = (default(ProcessUsage), default(ProcessUsage));
        var elapsed = await loop.RunAsync(
            options.WarmUp, options.Duration, () => before = ProcessUsage.Now(options.ServerPids),
            () => usage = ProcessUsage.Now(options.ServerPids).Since(before), cancellationToken).ConfigureAwait(false);
        var all = new LatencyHistogram();
        foreach (var latency in latencies)
        {
            all.Add(latency);
        }

        return new BenchResult { Operation = name, Elapsed = elapsed, Operations = all.Count(), Latency = all, Errors = loop.Errors, Usage = usage };
    }
}
