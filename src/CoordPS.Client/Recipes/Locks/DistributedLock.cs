namespace CoordPS.Client.Recipes;

/// <summary>
/// A lock that one holder has at a time, first come first served: Curator's <c>InterProcessMutex</c>, and kazoo's <c>Lock</c> with
/// <see cref="LockNaming.Kazoo"/>. It is held until it is given back, its session ends, or someone deletes its znode.
/// <para>
/// Each acquisition contends by itself. The lock is reentrant by owner, not by thread, which means nothing to asynchronous code:
/// <see cref="LockHandle.Reenter"/>, or <see cref="AcquireAsync(object, CancellationToken)"/> with the owner that holds it.
/// </para>
/// </summary>
public sealed class DistributedLock : ILock
{
    private readonly ContendedLock _lock;
    private readonly Lock _gate = new();
    private readonly Dictionary<object, LockHandle> _owners = [];

    /// <summary>A lock on a znode, which is created, as a container, when it is first needed.</summary>
    /// <param name="client">The session it is held by.</param>
    /// <param name="path">The znode.</param>
    /// <param name="options">How its znodes are written; null for the defaults.</param>
    public DistributedLock(ZooKeeperClient client, string path, LockOptions? options = null)
        : this(client, path, options ?? LockOptions.Default, (options?.Naming == LockNaming.Kazoo) ? ContenderName.KazooLock : ContenderName.Lock)
    {
    }

    internal DistributedLock(ZooKeeperClient client, string path, LockOptions options, string name)
    {
        ArgumentNullException.ThrowIfNull(client);
        _lock = new ContendedLock(client, path, name, options, Contention.Exclusive);
    }

    /// <inheritdoc/>
    public string Path => _lock.Path;

    /// <inheritdoc/>
    public async Task<LockHandle> AcquireAsync(CancellationToken ct = default) => (await _lock.AcquireAsync(this, null, ct).ConfigureAwait(false))!;

    /// <summary>Waits for the lock; an owner that holds it through this object enters it again at once.</summary>
    /// <param name="owner">Whoever is to hold it, compared by <see cref="object.Equals(object)"/>.</param>
    /// <param name="ct">Ends the wait.</param>
    public async Task<LockHandle> AcquireAsync(object owner, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(owner);
        if (TryReenter(owner) is { } again)
            return again;
        LockHandle handle = await AcquireAsync(ct).ConfigureAwait(false);
        lock (_gate)
            _owners[owner] = handle;
        _ = handle.Node.Ended.ContinueWith(_ => Forget(owner, handle), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        return handle;
    }

    /// <inheritdoc/>
    public Task<LockHandle?> TryAcquireAsync(TimeSpan timeout, CancellationToken ct = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(timeout, TimeSpan.Zero);
        return _lock.AcquireAsync(this, timeout, ct);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<LockParticipant>> GetParticipantsAsync(CancellationToken ct = default) => _lock.GetParticipantsAsync(ct);

    private void Forget(object owner, LockHandle handle)
    {
        lock (_gate)
        {
            if (_owners.GetValueOrDefault(owner) == handle)
                _owners.Remove(owner);
        }
    }

    private LockHandle? TryReenter(object owner)
    {
        lock (_gate)
        {
            if (!_owners.TryGetValue(owner, out LockHandle? held))
                return null;
            if (held.TryReenter() is { } again)
                return again;
            _owners.Remove(owner);
            return null;
        }
    }
}
