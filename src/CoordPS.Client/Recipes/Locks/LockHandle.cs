using CoordPS.Protocol;

namespace CoordPS.Client.Recipes;

/// <summary>
/// A lock or lease that was acquired. Disposing it gives it back. While it is held the work it protects should stop when
/// <see cref="LostToken"/> fires, and pass <see cref="FencingToken"/> on to whatever it writes to.
/// </summary>
public sealed class LockHandle : IAsyncDisposable
{
    private readonly HeldNode _node;
    private readonly Holds _holds;
    private int _released;

    internal LockHandle(ILock of, HeldNode node, ZooKeeperClient client)
        : this(of, node, client.SessionId, new Holds())
    {
    }

    private LockHandle(ILock of, HeldNode node, long sessionId, Holds holds)
    {
        Lock = of;
        _node = node;
        _holds = holds;
        SessionId = sessionId;
        AcquiredAt = DateTimeOffset.UtcNow;
        node.Changed += OnChanged;
    }

    /// <summary>Raised when <see cref="State"/> changes, on the thread pool.</summary>
    public event EventHandler<LockStateChangedEventArgs>? StateChanged;

    /// <summary>What it is a handle of.</summary>
    public ILock Lock { get; }

    /// <summary>The znode it is held by.</summary>
    public string Path => _node.Path;

    /// <summary>
    /// The znode's czxid: larger for each later holder of the same lock. A resource that refuses tokens smaller than the largest it has seen
    /// is safe even from a holder that has not noticed that it lost the lock.
    /// </summary>
    public long FencingToken => _node.Stat.Czxid;

    /// <summary>The session that holds it.</summary>
    public long SessionId { get; }

    /// <summary>When it was acquired, by the local clock.</summary>
    public DateTimeOffset AcquiredAt { get; }

    /// <summary>Whether it is held now. Never <see cref="LockState.Held"/> when the session may have ended, by the local clock.</summary>
    public LockState State => _released != 0 ? LockState.Released : _node.State;

    /// <summary>Whether the state is <see cref="LockState.Held"/>.</summary>
    public bool IsHeld => State == LockState.Held;

    /// <summary>
    /// Fires as soon as the lock is suspended, lost or released: at the loss of the connection, before the server can end the session and let
    /// another have it. It has fired for good, even when a suspended lock turns out to be held still (<see cref="StateChanged"/> tells).
    /// </summary>
    public CancellationToken LostToken => _node.LostToken;

    internal HeldNode Node => _node;

    /// <summary>Another handle of the same lock: it is given back when all of them are. This is how the lock is reentrant.</summary>
    /// <exception cref="InvalidOperationException">The lock is not held any more.</exception>
    public LockHandle Reenter()
    {
        return TryReenter()
            ?? throw new InvalidOperationException($"The lock '{Lock.Path}' can't be entered again: it is not held any more. Acquire it anew.");
    }

    /// <summary>Gives it back and waits until a server has confirmed it. The znode is deleted however long that takes, whether or not anyone waits.</summary>
    /// <param name="ct">Ends the wait only.</param>
    public Task ReleaseAsync(CancellationToken ct = default) => Release().WaitAsync(ct);

    /// <summary>Gives it back; without a connection it is deleted in the background once there is one, and no later than the session ends.</summary>
    public async ValueTask DisposeAsync()
    {
        Task released = Release();
        await _node.WhileServedAsync(released).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Path} {State}";

    /// <summary>Another handle; null when the lock is not held any more. That this one handle was given back does not matter while another is held.</summary>
    internal LockHandle? TryReenter() => _node.State is LockState.Held or LockState.Suspended && _holds.TryAdd() ? new LockHandle(Lock, _node, SessionId, _holds) : null;

    /// <summary>The handle has served its purpose together with its znode.</summary>
    internal void Forget()
    {
        Interlocked.Exchange(ref _released, 1);
        _node.Forget();
    }

    private Task Release()
    {
        if (Interlocked.Exchange(ref _released, 1) != 0)
            return _holds.IsEmpty ? _node.ReleaseAsync() : Task.CompletedTask;
        if (_holds.Remove())
            return _node.ReleaseAsync();
        _node.Changed -= OnChanged;
        StateChanged?.Invoke(this, new LockStateChangedEventArgs(LockState.Held, LockState.Released));
        return Task.CompletedTask;
    }

    private void OnChanged(LockState previous, LockState current) => StateChanged?.Invoke(this, new LockStateChangedEventArgs(previous, current));

    /// <summary>How many handles there are of one znode.</summary>
    private sealed class Holds
    {
        private int _count = 1;

        internal bool IsEmpty => Volatile.Read(ref _count) == 0;

        internal bool TryAdd()
        {
            int count = Volatile.Read(ref _count);
            while (count > 0)
            {
                int seen = Interlocked.CompareExchange(ref _count, count + 1, count);
                if (seen == count)
                    return true;
                count = seen;
            }

            return false;
        }

        /// <summary>Whether it was the last.</summary>
        internal bool Remove() => Interlocked.Decrement(ref _count) == 0;
    }
}
