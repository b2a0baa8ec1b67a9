using CoordPS.Protocol;

namespace CoordPS.Client.Recipes;

/// <summary>
/// A number of leases that so many holders have at a time: Curator's <c>InterProcessSemaphoreV2</c>. Whoever wants one takes the mutex below
/// <c>locks</c>, adds its lease to <c>leases</c>, and lets go of the mutex when there are no more leases than allowed; so one client at a
/// time watches the leases. All clients must agree on the number. kazoo's <c>Semaphore</c> has another layout and does not interoperate.
/// </summary>
public sealed class DistributedSemaphore : ILock
{
    private readonly ZooKeeperClient _client;
    private readonly LockOptions _options;
    private readonly ContendedLock _mutex;
    private readonly string _leases;

    /// <summary>A semaphore on a znode, which is created, as a container, when it is first needed.</summary>
    /// <param name="client">The session its leases are held by.</param>
    /// <param name="path">The znode.</param>
    /// <param name="maxLeases">How many leases there are; all clients must give the same.</param>
    /// <param name="options">How its znodes are written; null for the defaults. The naming is always Curator's.</param>
    public DistributedSemaphore(ZooKeeperClient client, string path, int maxLeases, LockOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxLeases, 1);
        _client = client;
        Path = ContendedLock.Checked(path);
        MaxLeases = maxLeases;
        _options = new LockOptions { Data = options?.Data };
        _leases = ZPath.Combine(path, LockParticipants.LeasesFolder);
        _mutex = new ContendedLock(client, ZPath.Combine(path, LockParticipants.LocksFolder), ContenderName.Lock, _options, Contention.Exclusive);
    }

    /// <inheritdoc/>
    public string Path { get; }

    /// <summary>How many leases there are.</summary>
    public int MaxLeases { get; }

    /// <inheritdoc/>
    public async Task<LockHandle> AcquireAsync(CancellationToken ct = default) => (await TakeAsync(once: false, ct).ConfigureAwait(false))!;

    /// <summary>Waits for several leases. When the wait ends early those already taken are given back.</summary>
    /// <param name="count">How many; not more than <see cref="MaxLeases"/>.</param>
    /// <param name="ct">Ends the wait.</param>
    public async Task<IReadOnlyList<LockHandle>> AcquireAsync(int count, CancellationToken ct = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, MaxLeases);
        List<LockHandle> leases = [];
        try
        {
            while (leases.Count < count)
                leases.Add(await AcquireAsync(ct).ConfigureAwait(false));
            return leases;
        }
        catch
        {
            foreach (LockHandle lease in leases)
                await lease.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public async Task<LockHandle?> TryAcquireAsync(TimeSpan timeout, CancellationToken ct = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(timeout, TimeSpan.Zero);
        bool once = timeout == TimeSpan.Zero;
        if (once && !_client.State.IsConnected && !_client.State.IsFinal)
            return null;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        if (!once)
            limit.CancelAfter(timeout);
        try
        {
            return await TakeAsync(once, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<LockParticipant>> GetParticipantsAsync(CancellationToken ct = default) => LockParticipants.ReadAsync(_client, Path, ct);

    private async Task<LockHandle?> TakeAsync(bool once, CancellationToken ct)
    {
        LockHandle? mutex = await _mutex.AcquireAsync(_mutex, once ? TimeSpan.Zero : null, ct).ConfigureAwait(false);
        if (mutex is null)
            return null;
        await using (mutex.ConfigureAwait(false))
        {
            while (true)
            {
                var node = new ProtectedNode(_client, _leases, ContenderName.Lease, LockNaming.Curator);
                string path = await node.CreateAsync(_options.DataOrDefault, CreateMode.EphemeralSequential, ct).ConfigureAwait(false);
                try
                {
                    bool? free = await WaitFreeAsync(ZPath.Name(path), once, ct).ConfigureAwait(false);
                    if (free == false)
                    {
                        node.Abandon();
                        return null;
                    }

                    if (free == true && await HeldNode.WatchAsync(_client, path, ct).ConfigureAwait(false) is { } held)
                        return new LockHandle(this, held, _client);
                }
                catch
                {
                    node.Abandon();
                    throw;
                }
            }
        }
    }

    /// <summary>True when there are no more leases than allowed, false when there are and one look is all, null when one's own is gone.</summary>
    private async Task<bool?> WaitFreeAsync(string name, bool once, CancellationToken ct)
    {
        var signal = new Signal();
        while (true)
        {
            if (await _client.TryGetChildrenAsync(_leases, once ? null : signal.Handler, ct).ConfigureAwait(false) is not { } children || !children.Children.Contains(name))
                return null;
            bool free = children.Children.Count <= MaxLeases;
            if (free || once)
            {
                if (!once)
                    _client.ForgetWatch(_leases, WatcherType.Children, signal.Handler);
                return free;
            }

            try
            {
                await signal.WaitAsync(ct).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                _client.ForgetWatch(_leases, WatcherType.Children, signal.Handler);
                throw;
            }
        }
    }
}
