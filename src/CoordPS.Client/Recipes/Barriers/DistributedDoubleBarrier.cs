using CoordPS.Protocol;

namespace CoordPS.Client.Recipes;

/// <summary>
/// Lets a number of members begin together and end together: Curator's <c>DistributedDoubleBarrier</c>, kazoo's <c>DoubleBarrier</c>. Each
/// member is an ephemeral below the barrier; the one that completes the number creates <c>ready</c>, for which the others wait. One object
/// is one member, and enters and leaves in turn.
/// Members of this client may enter again as soon as they have left; those of Curator and kazoo may then wait for ever for the next round's to
/// leave, and need a new path for each round.
/// </summary>
public sealed class DistributedDoubleBarrier
{
    private const string ReadyName = "ready";

    private readonly ZooKeeperClient _client;
    private readonly string _readyPath;
    private string? _member;
    private long _readyCzxid;
    private HashSet<string>? _round;

    /// <summary>A member of the barrier at a znode, which is created, as a container, when need be.</summary>
    /// <param name="client">The member's session.</param>
    /// <param name="path">The znode.</param>
    /// <param name="memberCount">How many members there must be before it opens; the same for all of them.</param>
    public DistributedDoubleBarrier(ZooKeeperClient client, string path, int memberCount)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentOutOfRangeException.ThrowIfLessThan(memberCount, 1);
        _client = client;
        Path = ContendedLock.Checked(path);
        MemberCount = memberCount;
        _readyPath = ZPath.Combine(Path, ReadyName);
    }

    /// <summary>The znode.</summary>
    public string Path { get; }

    /// <summary>How many members there must be before it opens.</summary>
    public int MemberCount { get; }

    /// <summary>The member's znode; null when it has not entered.</summary>
    public string? MemberPath => _member;

    /// <summary>Enters, and waits until all have. A barrier that is open already lets one more member in at once.</summary>
    /// <param name="ct">Ends the wait; the member leaves again.</param>
    /// <exception cref="InvalidOperationException">This member has entered already.</exception>
    public async Task EnterAsync(CancellationToken ct = default)
    {
        if (_member is not null)
            throw new InvalidOperationException($"This member of '{Path}' has entered already; leave first.");
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        // Its creation is what counts: a fast member may have left, and removed it, before a slow one looks.
        void OnReady(WatchedEvent e)
        {
            if (e.Type == WatchEventType.NodeCreated || e.State is KeeperState.Expired or KeeperState.Closed or KeeperState.AuthFailed)
                ready.TrySetResult();
        }

        string member = ZPath.Combine(Path, Guid.NewGuid().ToString("D"));
        try
        {
            bool isOpen = await _client.RepeatAsync(() => _client.ExistsAsync(_readyPath, OnReady, ct), ct).ConfigureAwait(false) is not null;
            await CreateAsync(member, CreateMode.Ephemeral, ct).ConfigureAwait(false);
            if (!isOpen)
            {
                ChildrenResult? children = await _client.TryGetChildrenAsync(Path, null, ct).ConfigureAwait(false);
                if (children?.Children.Count(name => name != ReadyName) >= MemberCount)
                    await CreateAsync(_readyPath, CreateMode.Persistent, ct).ConfigureAwait(false);
                else
                    await ready.Task.WaitAsync(ct).ConfigureAwait(false);
            }

            Stat? stat = await _client.RepeatAsync(() => _client.ExistsAsync(_readyPath, ct), ct).ConfigureAwait(false);
            _readyCzxid = stat?.Czxid ?? 0;
            _member = member;
            _client.ForgetWatch(_readyPath, WatcherType.Data, OnReady);
        }
        catch
        {
            _client.ForgetWatch(_readyPath, WatcherType.Data, OnReady);
            _ = DeleteAsync(member);
            throw;
        }
    }

    /// <summary>Enters, and waits until all have, for a while.</summary>
    /// <param name="timeout">How long.</param>
    /// <param name="ct">Ends the wait; the member leaves again.</param>
    /// <returns>Whether it entered; false when the time was over first, and then the member has left again.</returns>
    public Task<bool> EnterAsync(TimeSpan timeout, CancellationToken ct = default) => WithinAsync(timeout, EnterAsync, ct);

    /// <summary>Leaves, and waits until all have.</summary>
    /// <param name="ct">Ends the wait; the member may or may not have left.</param>
    /// <exception cref="InvalidOperationException">This member has not entered.</exception>
    public async Task LeaveAsync(CancellationToken ct = default)
    {
        string member = _member ?? throw new InvalidOperationException($"This member of '{Path}' has not entered.");
        string name = ZPath.Name(member);
        var signal = new Signal();
        string? watched = null;
        try
        {
            while (true)
            {
                IReadOnlyList<string> children = (await _client.TryGetChildrenAsync(Path, null, ct).ConfigureAwait(false))?.Children ?? [];
                // Who comes later enters the next round: nobody does before this member has gone.
                _round ??= [.. children.Where(child => child != ReadyName)];
                string[] members = [.. children.Where(_round.Contains).Order(StringComparer.Ordinal)];
                if (members.Length == 0)
                    break;
                if (members is [var last] && last == name)
                {
                    await DeleteLastAsync(member, ct).ConfigureAwait(false);
                    break;
                }

                // The lowest stays until the others are gone, and waits for the highest; the others go and wait for the lowest.
                if (members[0] != name && members.Contains(name))
                    await _client.DeleteIfThereAsync(member, ct).ConfigureAwait(false);
                watched = ZPath.Combine(Path, members[0] == name ? members[^1] : members[0]);
                if (await _client.TryGetDataAsync(watched, signal.Handler, ct).ConfigureAwait(false) is not null)
                    await signal.WaitAsync(ct).ConfigureAwait(false);
            }

            // Left by a last member that died, or by Curator's, which removes it later. The next round's is not ours to remove.
            Stat? ready = await _client.RepeatAsync(() => _client.ExistsAsync(_readyPath, ct), ct).ConfigureAwait(false);
            if (ready?.Czxid == _readyCzxid)
                await _client.DeleteIfThereAsync(_readyPath, ct).ConfigureAwait(false);
            _round = null;
            _member = null;
        }
        catch (OperationCanceledException)
        {
            if (watched is not null)
                _client.ForgetWatch(watched, WatcherType.Data, signal.Handler);
            throw;
        }
    }

    /// <summary>Leaves, and waits until all have, for a while.</summary>
    /// <param name="timeout">How long.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <returns>Whether all have left; false when the time was over first. It may be called again.</returns>
    public Task<bool> LeaveAsync(TimeSpan timeout, CancellationToken ct = default) => WithinAsync(timeout, LeaveAsync, ct);

    /// <summary>Leaves, in the background, without waiting for the others: for who has stopped waiting, before or after.</summary>
    internal void Abandon()
    {
        if (_member is { } member)
            _ = AbandonAsync(member);
    }

    private async Task AbandonAsync(string member)
    {
        try
        {
            ChildrenResult? children = await _client.TryGetChildrenAsync(Path, null, CancellationToken.None).ConfigureAwait(false);
            // The last one closes the barrier behind it.
            if (children?.Children.All(name => name == ReadyName || name == ZPath.Name(member)) == true)
                await DeleteLastAsync(member, CancellationToken.None).ConfigureAwait(false);
            else
                await _client.DeleteIfThereAsync(member, CancellationToken.None).ConfigureAwait(false);
        }
        catch (ZooKeeperException)
        {
            // The session has ended and the member with it.
        }
    }

    private static async Task<bool> WithinAsync(TimeSpan timeout, Func<CancellationToken, Task> action, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(timeout, TimeSpan.Zero);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(timeout);
        try
        {
            await action(limit.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>Deletes the last member and the mark that the barrier is open, together: so no member of the next round finds it open.</summary>
    private async Task DeleteLastAsync(string member, CancellationToken ct)
    {
        try
        {
            await _client.RepeatAsync(() => _client.MultiAsync([ZooKeeperOperation.Delete(_readyPath), ZooKeeperOperation.Delete(member)], ct), ct).ConfigureAwait(false);
        }
        catch (ZooKeeperTransactionException e) when (e.Error == ErrorCode.NoNode)
        {
            // Done by a try whose answer was lost, or the mark was removed by kazoo, which does so first.
            await _client.DeleteIfThereAsync(member, ct).ConfigureAwait(false);
        }
    }

    private async Task CreateAsync(string path, CreateMode mode, CancellationToken ct)
    {
        while (true)
        {
            try
            {
                await _client.RepeatAsync(() => _client.CreateAsync(path, LockOptions.DefaultData, mode, null, null, ct), ct).ConfigureAwait(false);
                return;
            }
            catch (NodeExistsException)
            {
                // By a try whose answer was lost, or, the barrier being ready, by another member.
                return;
            }
            catch (NoNodeException)
            {
                await _client.EnsureContainersAsync(Path, ct).ConfigureAwait(false);
            }
        }
    }

    private async Task DeleteAsync(string member)
    {
        try
        {
            await _client.DeleteIfThereAsync(member, CancellationToken.None).ConfigureAwait(false);
        }
        catch (ZooKeeperException)
        {
            // The session has ended and the member with it.
        }
    }
}
