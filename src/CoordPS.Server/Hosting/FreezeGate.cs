namespace CoordPS.Server.Hosting;

/// <summary>
/// Freezes a member as SIGSTOP freezes a process: whoever comes by the gate while it is closed waits until it opens. A member's loops
/// pass it before each turn, and its connections before and after each transfer.
/// </summary>
internal sealed class FreezeGate
{
    private readonly Lock _lock = new();
    private volatile TaskCompletionSource? _closed;

    public bool IsClosed => _closed is not null;

    public void Close()
    {
        lock (_lock)
            _closed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    public void Open()
    {
        TaskCompletionSource? closed;
        lock (_lock)
            (closed, _closed) = (_closed, null);
        closed?.SetResult();
    }

    /// <summary>Passes, for code that has a thread of its own.</summary>
    public void Pass()
    {
        while (_closed is { } closed)
            closed.Task.Wait();
    }

    /// <summary>Passes.</summary>
    public ValueTask PassAsync() => _closed is { } closed ? new ValueTask(closed.Task) : default;
}
