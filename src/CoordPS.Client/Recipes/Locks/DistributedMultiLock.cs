namespace CoordPS.Client.Recipes;

/// <summary>
/// Several locks held as one: all of them or none. They are acquired in the order of their paths, whatever order they are given in, so that
/// two multi-locks don't wait for each other. (Curator's <c>InterProcessMultiLock</c> keeps the order given: give it the paths sorted.)
/// </summary>
public sealed class DistributedMultiLock
{
    private readonly ILock[] _locks;

    /// <summary>A multi-lock of locks.</summary>
    public DistributedMultiLock(IEnumerable<ILock> locks)
    {
        ArgumentNullException.ThrowIfNull(locks);
        _locks = [.. locks.OrderBy(l => l.Path, StringComparer.Ordinal)];
        if (_locks.Length == 0)
            throw new ArgumentException("A multi-lock needs at least one lock.", nameof(locks));
    }

    /// <summary>A multi-lock of a <see cref="DistributedLock"/> on each path.</summary>
    public DistributedMultiLock(ZooKeeperClient client, IEnumerable<string> paths, LockOptions? options = null)
        : this(paths.Distinct(StringComparer.Ordinal).Select(path => new DistributedLock(client, path, options)))
    {
    }

    /// <summary>The locks, in the order in which they are acquired.</summary>
    public IReadOnlyList<ILock> Locks => _locks;

    /// <summary>Waits for all of them.</summary>
    /// <param name="ct">Ends the wait; those already acquired are given back.</param>
    public async Task<MultiLockHandle> AcquireAsync(CancellationToken ct = default) => (await AcquireAsync(null, ct).ConfigureAwait(false))!;

    /// <summary>Waits for all of them for a while.</summary>
    /// <param name="timeout">How long, in all; zero looks once.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <returns>The handle, or null when the time was over first; then none is held.</returns>
    public Task<MultiLockHandle?> TryAcquireAsync(TimeSpan timeout, CancellationToken ct = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(timeout, TimeSpan.Zero);
        return AcquireAsync(timeout, ct);
    }

    private async Task<MultiLockHandle?> AcquireAsync(TimeSpan? timeout, CancellationToken ct)
    {
        long until = Environment.TickCount64 + (long)(timeout?.TotalMilliseconds ?? 0);
        List<LockHandle> handles = [];
        bool complete = false;
        try
        {
            foreach (ILock one in _locks)
            {
                LockHandle? handle = timeout is null
                    ? await one.AcquireAsync(ct).ConfigureAwait(false)
                    : await one.TryAcquireAsync(TimeSpan.FromMilliseconds(Math.Max(0, until - Environment.TickCount64)), ct).ConfigureAwait(false);
                if (handle is null)
                    return null;
                handles.Add(handle);
            }

            complete = true;
            return new MultiLockHandle(handles);
        }
        finally
        {
            if (!complete)
            {
                foreach (LockHandle handle in Enumerable.Reverse(handles))
                    await handle.DisposeAsync().ConfigureAwait(false);
            }
        }
    }
}
