using System.Diagnostics;
using CoordPS.Client;
using CoordPS.Server.Admin;

namespace CoordPS.Cli.Bench;

/// <summary>Many sessions watch one znode; measured is the time from the call that changes it until each of them has its event.</summary>
internal static class WatchFanOut
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static async Task<BenchResult> RunAsync(
        ZooKeeperClient writer, IReadOnlyList<ZooKeeperClient> watchers, string path, byte[] data, BenchOptions options, CancellationToken cancellationToken)
    {
        await writer.CreateAsync(path, data, ct: cancellationToken).ConfigureAwait(false);
        // The watchers' members may not have it yet.
        await Task.WhenAll(watchers.Select(w => w.SyncAsync(path, cancellationToken))).ConfigureAwait(false);
        var (events, last, acks) = (new LatencyHistogram(), new LatencyHistogram(), new LatencyHistogram());
        var missed = 0L;
        var (elapsed, usage) = (TimeSpan.Zero, default(ProcessUsage));

        // The first round warms up and does not count.
        for (var round = 0; round <= options.Rounds; round++)
        {
            var armed = watchers.Select(_ => new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously)).ToArray();
            await Task.WhenAll(watchers.Select((w, i) => w.GetDataAsync(path, _ => armed[i].TrySetResult(Stopwatch.GetTimestamp()), cancellationToken)))
                .ConfigureAwait(false);
            var before = ProcessUsage.Now(options.ServerPids);
            var start = Stopwatch.GetTimestamp();
            await writer.SetDataAsync(path, data, ct: cancellationToken).ConfigureAwait(false);
            var acknowledged = Stopwatch.GetElapsedTime(start);
            try
            {
                await Task.WhenAll(armed.Select(a => a.Task)).WaitAsync(Patience, cancellationToken).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                missed += armed.Count(a => !a.Task.IsCompleted);
            }

            if (round == 0)
            {
                continue;
            }

            var took = armed.Where(a => a.Task.IsCompletedSuccessfully).Select(a => Stopwatch.GetElapsedTime(start, a.Task.Result)).ToArray();
            foreach (var time in took)
            {
                events.Record((long)time.TotalMicroseconds);
            }

            last.Record((long)took.DefaultIfEmpty(Patience).Max().TotalMicroseconds);
            acks.Record((long)acknowledged.TotalMicroseconds);
            var used = ProcessUsage.Now(options.ServerPids).Since(before);
            usage = used with { Server = usage.Server + used.Server, Client = usage.Client + used.Client };
            elapsed += Stopwatch.GetElapsedTime(start);
        }

        return new BenchResult
        {
            Operation = "watch", Elapsed = elapsed, Operations = events.Count(), Latency = events, Usage = usage,
            Errors = missed == 0 ? new Dictionary<string, long>() : new Dictionary<string, long> { ["MissedEvent"] = missed },
            More =
            [
                ("watchers", watchers.Count), ("rounds", options.Rounds),
                ("last_event_p50_us", last.Quantile(0.5)), ("last_event_p99_us", last.Quantile(0.99)), ("set_ack_p50_us", acks.Quantile(0.5)),
            ],
        };
    }
}
