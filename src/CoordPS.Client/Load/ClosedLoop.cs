using System.Collections.Concurrent;
using System.Diagnostics;

namespace CoordPS.Client.Load;

/// <summary>Keeps a fixed number of operations in flight in each session, and reports how long each took.</summary>
internal sealed class ClosedLoop
{
    private const int WarmingUp = 0;
    private const int Measuring = 1;
    private const int Stopped = 2;

    private readonly long[] _next;
    private readonly ConcurrentDictionary<string, long> _errors = new(StringComparer.Ordinal);
    private readonly Func<int, long, Task> _operation;
    private readonly Action<int, long> _record;
    private readonly int _window;
    private readonly long _limit;
    private int _phase;

    /// <param name="sessions">How many sessions.</param>
    /// <param name="window">Operations in flight in each.</param>
    /// <param name="limit">Operations of each session; 0: until time is up.</param>
    /// <param name="operation">Starts operation number N, counted from 0 in each session, of a session.</param>
    /// <param name="record">Takes the microseconds of an operation of a session that succeeded while it was measured; called from any thread.</param>
    public ClosedLoop(int sessions, int window, long limit, Func<int, long, Task> operation, Action<int, long> record)
    {
        _next = new long[sessions];
        _window = window;
        _limit = limit;
        _operation = operation;
        _record = record;
    }

    /// <summary>The failures so far, by ZooKeeper error.</summary>
    public IReadOnlyDictionary<string, long> Errors => _errors;

    /// <summary>Runs until time is up, or, with a limit, until all is done.</summary>
    /// <param name="warmUp">How long operations are not measured at first; nothing with a limit.</param>
    /// <param name="duration">How long they are measured; nothing with a limit.</param>
    /// <param name="started">Called when measuring starts.</param>
    /// <param name="ended">Called when measuring ends, before what is still in flight is waited for.</param>
    /// <param name="ct">Ends it; operations must heed it too.</param>
    /// <returns>How long was measured; operations still in flight then are not counted.</returns>
    public async Task<TimeSpan> RunAsync(TimeSpan warmUp, TimeSpan duration, Action started, Action ended, CancellationToken ct)
    {
        _phase = _limit > 0 ? Measuring : WarmingUp;
        try
        {
            if (_limit > 0)
                started();
            var clock = Stopwatch.StartNew();
            Task loops = Task.WhenAll(Enumerable.Range(0, _next.Length * _window).Select(i => Task.Run(() => LoopAsync(i % _next.Length), ct)));
            if (_limit == 0)
            {
                await WaitAsync(loops, warmUp, ct).ConfigureAwait(false);
                started();
                clock.Restart();
                Volatile.Write(ref _phase, Measuring);
                await WaitAsync(loops, duration, ct).ConfigureAwait(false);
            }
            else
            {
                await loops.WaitAsync(ct).ConfigureAwait(false);
            }

            TimeSpan elapsed = clock.Elapsed;
            ended();
            Volatile.Write(ref _phase, Stopped);
            await loops.WaitAsync(ct).ConfigureAwait(false);
            return elapsed;
        }
        finally
        {
            Volatile.Write(ref _phase, Stopped);
        }
    }

    private static async Task WaitAsync(Task loops, TimeSpan time, CancellationToken ct)
    {
        // Loops only end early when every session is lost; then there is nothing more to wait for.
        await Task.WhenAny(loops, Task.Delay(time, ct)).ConfigureAwait(false);
        ct.ThrowIfCancellationRequested();
    }

    private async Task LoopAsync(int session)
    {
        while (Volatile.Read(ref _phase) != Stopped)
        {
            long number = Interlocked.Increment(ref _next[session]) - 1;
            if (_limit > 0 && number >= _limit)
                return;
            long start = Stopwatch.GetTimestamp();
            try
            {
                await _operation(session, number).ConfigureAwait(false);
                if (Volatile.Read(ref _phase) == Measuring)
                    _record(session, (long)Stopwatch.GetElapsedTime(start).TotalMicroseconds);
            }
            catch (ZooKeeperException e)
            {
                _errors.AddOrUpdate(e.Error.ToString(), 1, static (_, n) => n + 1);
                if (e is SessionExpiredException or SessionClosedException or AuthFailedException)
                    return;
            }
        }
    }
}
