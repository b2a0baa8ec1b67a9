namespace CoordPS.Cmdlets;

/// <summary>
/// Runs the continuations of a cmdlet's asynchronous code on PowerShell's pipeline thread, the only one that may write to the pipeline
/// or prompt. The thread is lent for as long as <see cref="Run"/> waits for a task.
/// </summary>
internal sealed class PipelineSynchronizationContext : SynchronizationContext
{
    private readonly Queue<(SendOrPostCallback Callback, object? State)> _posted = new();

    /// <inheritdoc/>
    public override void Post(SendOrPostCallback d, object? state)
    {
        lock (_posted)
        {
            _posted.Enqueue((d, state));
            Monitor.Pulse(_posted);
        }
    }

    /// <inheritdoc/>
    public override SynchronizationContext CreateCopy() => this;

    /// <summary>Runs asynchronous code to its end and rethrows what it threw.</summary>
    public void Run(Func<Task> code)
    {
        SynchronizationContext? outer = Current;
        SetSynchronizationContext(this);
        try
        {
            Task task = code();
            if (!task.IsCompleted)
            {
                // Wakes this thread for the end of the task, which may come without a last continuation here.
                _ = task.ContinueWith(
                    static (_, state) => ((PipelineSynchronizationContext)state!).Post(static _ => { }, null), this,
                    CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
                while (!task.IsCompleted)
                {
                    (SendOrPostCallback callback, object? state) = Take();
                    callback(state);
                }
            }

            task.GetAwaiter().GetResult();
        }
        finally
        {
            SetSynchronizationContext(outer);
        }
    }

    private (SendOrPostCallback Callback, object? State) Take()
    {
        lock (_posted)
        {
            (SendOrPostCallback, object?) next;
            while (!_posted.TryDequeue(out next))
                Monitor.Wait(_posted);
            return next;
        }
    }
}
