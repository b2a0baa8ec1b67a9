using CoordPS.Protocol;

namespace CoordPS.Client.Recipes;

/// <summary>A barrier that holds everyone up while its znode exists: Curator's <c>DistributedBarrier</c>, kazoo's <c>Barrier</c>.</summary>
public sealed class DistributedBarrier
{
    private readonly ZooKeeperClient _client;

    /// <summary>A barrier at a znode, which this does not create.</summary>
    public DistributedBarrier(ZooKeeperClient client, string path)
    {
        ArgumentNullException.ThrowIfNull(client);
        _client = client;
        Path = ContendedLock.Checked(path);
    }

    /// <summary>The znode.</summary>
    public string Path { get; }

    /// <summary>Closes the barrier, and leaves one that is closed as it is. It is persistent: it stays closed when its maker's session ends.</summary>
    public async Task SetAsync(CancellationToken ct = default)
    {
        while (true)
        {
            try
            {
                await _client.RepeatAsync(() => _client.CreateAsync(Path, LockOptions.DefaultData, CreateMode.Persistent, null, null, ct), ct).ConfigureAwait(false);
                return;
            }
            catch (NodeExistsException)
            {
                return;
            }
            catch (NoNodeException)
            {
                await _client.EnsureContainersAsync(ZPath.Parent(Path), ct).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Opens the barrier, and leaves one that is open as it is. Everyone who waits goes on.</summary>
    public Task RemoveAsync(CancellationToken ct = default) => _client.DeleteIfThereAsync(Path, ct);

    /// <summary>Whether it is closed now.</summary>
    public async Task<bool> IsSetAsync(CancellationToken ct = default) =>
        await _client.RepeatAsync(() => _client.ExistsAsync(Path, ct), ct).ConfigureAwait(false) is not null;

    /// <summary>Waits until the barrier is open. One closed again at once may hold up a waiter that is slow to look.</summary>
    /// <param name="ct">Ends the wait.</param>
    public async Task WaitAsync(CancellationToken ct = default)
    {
        var signal = new Signal();
        try
        {
            while (await _client.TryGetDataAsync(Path, signal.Handler, ct).ConfigureAwait(false) is not null)
                await signal.WaitAsync(ct).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            _client.ForgetWatch(Path, WatcherType.Data, signal.Handler);
            throw;
        }
    }

    /// <summary>Waits until the barrier is open, for a while.</summary>
    /// <param name="timeout">How long.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <returns>Whether it is open; false when the time was over first.</returns>
    public async Task<bool> WaitAsync(TimeSpan timeout, CancellationToken ct = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(timeout, TimeSpan.Zero);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(timeout);
        try
        {
            await WaitAsync(limit.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return false;
        }
    }
}
