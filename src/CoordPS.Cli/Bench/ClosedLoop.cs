using System.Collections.Concurrent;
using System.Diagnostics;
using CoordPS.Client;
using CoordPS.Server.Admin;

namespace CoordPS.Cli.Bench;

/// <summary>Keeps a fixed number of operations in flight in each session and measures them.</summary>
internal sealed class ClosedLoop
{
    private const int WarmingUp = 0;
    private const int Measuring = 1;
    private const int Stopped = 2;

    private readonly LatencyHistogram[] _latencies;
    private readonly long[] _next;
    private readonly ConcurrentDictionary<string, long> _errors = new(StringComparer.Ordinal);
    private readonly Func<int, long, Task> _operation;
    private readonly int _window;
    private readonly long _limit;
    private int _phase;

    /// <param name="sessions">How many sessions.</param>
    /// <param name="window">Operations in flight in each.</param>
    /// <param name="limit">Operations of each session; 0: until time is up.</param>
    /// <param name="operation">Starts operation number N, counted from 0 in each session, of a session.</param>
    public ClosedLoop(int sessions, int window, long limit, Func<int, long, Task> operation)
    {
        _latencies = [.. Enumerable.Range(0, sessions).Select(_ => new LatencyHistogram())];
        _next = new long[sessions];
        _window = window;
        _limit = limit;
        _operation = operation;
    }

    /// <summary>Runs until time is up, or, with a limit, until all is done.</summary>
    public async Task<BenchResult> RunAsync(string name, BenchOptions options, CancellationToken cancellationToken)
    {
        _phase = _limit > 0 ? Measuring : WarmingUp;
        var before = ProcessUsage.Now(options.ServerPids);
        var clock = Stopwatch.StartNew();
        var loops = Task.WhenAll(Enumerable.Range(0, _latencies.Length * _window).Select(i => Task.Run(() => LoopAsync(i % _latencies.Length), cancellationToken)));
        if (_limit == 0)
        {
            await WaitAsync(loops, options.WarmUp, cancellationToken).ConfigureAwait(false);
            before = ProcessUsage.Now(options.ServerPids);
            clock.Restart();
            Volatile.Write(ref _phase, Measuring);
            await WaitAsync(loops, options.Duration, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await loops.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        var elapsed = clock.Elapsed;
        var usage = ProcessUsage.Now(options.ServerPids).Since(before);
        Volatile.Write(ref _phase, Stopped);
        await loops.WaitAsync(cancellationToken).ConfigureAwait(false);

        var all = new LatencyHistogram();
        foreach (var latency in _latencies)
        {
            all.Add(latency);
        }

        return new BenchResult
        {
            Operation = name, Elapsed = elapsed, Operations = all.Count(), Latency = all, Errors = _errors, Usage = usage,
        };
    }

    private static async Task WaitAsync(Task loops, TimeSpan time, CancellationToken cancellationToken)
    {
        // Loops only end early when every session is lost; then there is nothing more to wait for.
        await Task.WhenAny(loops, Task.Delay(time, cancellationToken)).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
    }

    private async Task LoopAsync(int session)
    {
        var latency = _latencies[session];
        while (Volatile.Read(ref _phase) != Stopped)
        {
            var number = Interlocked.Increment(ref _next[session]) - 1;
            if (_limit > 0 && number >= _limit)
            {
                return;
            }

            var start = Stopwatch.GetTimestamp();
            try
            {
                await _operation(session, number).ConfigureAwait(false);
                if (Volatile.Read(ref _phase) == Measuring)
                {
                    latency.Record((long)Stopwatch.GetElapsedTime(start).TotalMicroseconds);
                }
            }
            catch (ZooKeeperException e)
            {
                _errors.AddOrUpdate(e.Error.ToString(), 1, static (_, n) => n + 1);
                if (e is SessionExpiredException or SessionClosedException or AuthFailedException)
                {
                    return;
                }
            }
        }
    }
}
