namespace CoordPS.Client.Recipes;

/// <summary>Several locks held as one.</summary>
public sealed class MultiLockHandle : IAsyncDisposable
{
    private readonly CancellationTokenSource _lost;

    internal MultiLockHandle(IReadOnlyList<LockHandle> handles)
    {
        Handles = handles;
        _lost = CancellationTokenSource.CreateLinkedTokenSource([.. handles.Select(handle => handle.LostToken)]);
        LostToken = _lost.Token;
    }

    /// <summary>The locks, in the order in which they were acquired; each has its own fencing token.</summary>
    public IReadOnlyList<LockHandle> Handles { get; }

    /// <summary>The worst of the locks' states.</summary>
    public LockState State => Handles.Max(handle => handle.State);

    /// <summary>Whether all of them are held.</summary>
    public bool IsHeld => State == LockState.Held;

    /// <summary>Fires as soon as one of them is suspended, lost or released.</summary>
    public CancellationToken LostToken { get; }

    /// <summary>Gives them back, last first.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (LockHandle handle in Enumerable.Reverse(Handles))
            await handle.DisposeAsync().ConfigureAwait(false);
        _lost.Dispose();
    }
}
