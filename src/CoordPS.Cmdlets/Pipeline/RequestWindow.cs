using System.Diagnostics;

namespace CoordPS.Cmdlets;

/// <summary>Requests in flight of a cmdlet, whose results are emitted in the order of their submission, errors among them.</summary>
/// <param name="writeError">Writes the error of a request, with what it is about.</param>
internal sealed class RequestWindow(Action<Exception, object?> writeError)
{
    /// <summary>The shortest pause of the upstream that says that objects come as things happen, not in bulk.</summary>
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(5);

    /// <summary>Objects after a pause that are answered one by one, so that a burst of events is not held back until the next.</summary>
    private const int AnsweredAfterPause = 32;

    /// <summary>The same for the first objects, before there was time for a pause.</summary>
    private const int AnsweredAtFirst = 8;

    private readonly Queue<InFlight> _inFlight = new();
    private int _answerAtOnce = AnsweredAtFirst;
    private TimeSpan _roundTrip;
    private long _lastReturn = Stopwatch.GetTimestamp();

    /// <summary>The most requests in flight.</summary>
    public int Limit { get; set; } = 256;

    /// <summary>Handles one object of the input, and emits what is done by then.</summary>
    /// <param name="submit">Submits the object's requests.</param>
    /// <param name="answerAtOnce">Whether an object that comes alone is answered before the next is asked for.</param>
    /// <param name="ct">Ends the wait.</param>
    public async Task ProcessAsync(Func<Task> submit, bool answerAtOnce, CancellationToken ct)
    {
        // An upstream that reads from the same servers pauses for a round trip now and then; one that waits for events pauses for longer.
        TimeSpan pause = _roundTrip * 4 > ShortestPause ? _roundTrip * 4 : ShortestPause;
        if (Stopwatch.GetElapsedTime(_lastReturn) > pause)
            _answerAtOnce = AnsweredAfterPause;
        await submit();
        if (_answerAtOnce > 0 && answerAtOnce)
        {
            _answerAtOnce--;
            long submitted = Stopwatch.GetTimestamp();
            await DrainAsync(ct);
            _roundTrip = Stopwatch.GetElapsedTime(submitted);
        }

        await EmitCompletedAsync();
        _lastReturn = Stopwatch.GetTimestamp();
    }

    /// <summary>Puts a request in flight, after waiting for a place in the window.</summary>
    /// <param name="target">The path or other object that an error is about.</param>
    /// <param name="request">Starts the request.</param>
    /// <param name="emit">Writes its result, on the pipeline thread, after the results of the requests before it.</param>
    /// <param name="ct">Ends the wait, and is what the request is given.</param>
    public async Task SubmitAsync<T>(object? target, Func<CancellationToken, Task<T>> request, Func<T, Task> emit, CancellationToken ct)
    {
        while (_inFlight.Count >= Limit)
            await EmitHeadAsync(ct);
        _inFlight.Enqueue(new InFlight<T>(target, Start(request, ct), emit));
        await EmitCompletedAsync();
    }

    /// <summary>Emits what is done.</summary>
    private async Task EmitCompletedAsync()
    {
        while (_inFlight.TryPeek(out InFlight? head) && head.Task.IsCompleted)
            await _inFlight.Dequeue().EmitAsync(writeError);
    }

    /// <summary>Waits for everything in flight and emits it.</summary>
    public async Task DrainAsync(CancellationToken ct)
    {
        while (_inFlight.Count > 0)
            await EmitHeadAsync(ct);
    }

    private static Task<T> Start<T>(Func<CancellationToken, Task<T>> request, CancellationToken ct)
    {
        try
        {
            return request(ct);
        }
        catch (Exception e) when (ErrorRecords.IsKnown(e))
        {
            return Task.FromException<T>(e);
        }
    }

    private async Task EmitHeadAsync(CancellationToken ct)
    {
        InFlight head = _inFlight.Peek();
        // Emit rethrows what the request threw; here only its end matters.
        await ((Task)head.Task.WaitAsync(ct)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        ct.ThrowIfCancellationRequested();
        await _inFlight.Dequeue().EmitAsync(writeError);
    }

    private abstract class InFlight
    {
        public abstract Task Task { get; }

        public abstract Task EmitAsync(Action<Exception, object?> writeError);
    }

    private sealed class InFlight<T>(object? target, Task<T> task, Func<T, Task> emit) : InFlight
    {
        public override Task Task => task;

        public override Task EmitAsync(Action<Exception, object?> writeError)
        {
            T result;
            try
            {
                result = task.GetAwaiter().GetResult();
            }
            catch (Exception e) when (ErrorRecords.IsKnown(e))
            {
                writeError(e, target);
                return Task.CompletedTask;
            }

            return emit(result);
        }
    }
}
