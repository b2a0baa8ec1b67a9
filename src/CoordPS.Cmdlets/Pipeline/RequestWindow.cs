namespace CoordPS.Cmdlets;

/// <summary>Requests in flight of a cmdlet, whose results are emitted in the order of their submission, errors among them.</summary>
/// <param name="writeError">Writes the error of a request, with what it is about.</param>
internal sealed class RequestWindow(Action<Exception, object?> writeError)
{
    private readonly Queue<InFlight> _inFlight = new();

    /// <summary>The most requests in flight.</summary>
    public int Limit { get; set; } = 256;

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
    public async Task EmitCompletedAsync()
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
