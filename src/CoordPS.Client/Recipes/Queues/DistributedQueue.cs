using CoordPS.Protocol;

namespace CoordPS.Client.Recipes;

/// <summary>
/// A queue of messages: plain, by priority, or delayed; with or without redelivery. See <see cref="QueueLayout"/> and <see cref="QueueOptions"/>.
/// <para>
/// Sending: a message is in the queue once the call has returned. A call that fails because the connection was lost says whether that is
/// certain not to be so, or unknown (see <see cref="QueueOptions.ConfirmSends"/>). Receiving: without redelivery each message goes to at most
/// one consumer, and to none when the connection is lost at the moment of its removal, which the consumer is told; with redelivery each
/// goes to one consumer at a time until one has completed it.
/// </para>
/// </summary>
public sealed class DistributedQueue
{
    private readonly ZooKeeperClient _client;
    private readonly string _folder;
    private readonly string _locks;
    private readonly string _sends;

    /// <summary>A queue at a znode, which is created, as a container, when it is first needed.</summary>
    /// <param name="client">The session messages are locked by.</param>
    /// <param name="path">The znode.</param>
    /// <param name="options">How it works; null for a plain queue.</param>
    public DistributedQueue(ZooKeeperClient client, string path, QueueOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        _client = client;
        Path = ContendedLock.Checked(path);
        Options = options ?? new QueueOptions();
        bool locking = Options is { Layout: QueueLayout.Kazoo, Redeliver: true };
        _folder = locking ? ZPath.Combine(Path, "entries") : Path;
        _locks = locking ? ZPath.Combine(Path, "taken") : ContendedLock.Checked(Options.LockPath ?? Path + "-locks");
        _sends = Path + "-sends";
    }

    /// <summary>The znode.</summary>
    public string Path { get; }

    /// <summary>How it works.</summary>
    public QueueOptions Options { get; }

    /// <summary>Sends a message.</summary>
    /// <param name="message">The bytes.</param>
    /// <param name="options">Its priority or time; null for neither.</param>
    /// <param name="ct">Ends the wait; the message may or may not be sent.</param>
    /// <returns>The message's znode.</returns>
    /// <exception cref="ConnectionLossException">With an unknown outcome the message may or may not be in the queue.</exception>
    public Task<string> SendAsync(ReadOnlyMemory<byte> message, SendOptions? options = null, CancellationToken ct = default) => SendAsync([message], options, ct);

    /// <summary>Sends several items as one message, for the layouts with Curator's envelope; for the others a single one.</summary>
    /// <inheritdoc cref="SendAsync(ReadOnlyMemory{byte}, SendOptions?, CancellationToken)"/>
    public async Task<string> SendAsync(IReadOnlyList<ReadOnlyMemory<byte>> items, SendOptions? options = null, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(items);
        bool bare = Options.Layout is QueueLayout.Simple or QueueLayout.Kazoo;
        if (bare && items.Count != 1)
            throw new ArgumentException($"A message of the layout {Options.Layout} is one item; {items.Count} were given.", nameof(items));
        string name = ZPath.Combine(_folder, NameFor(options));
        byte[] data = bare ? items[0].ToArray() : QueueItems.Write(items);
        string receipt = ZPath.Combine(_sends, Guid.NewGuid().ToString("N"));
        while (true)
        {
            try
            {
                if (!Options.ConfirmSends)
                    return (await _client.CreateAsync(name, data, CreateMode.PersistentSequential, null, null, ct).ConfigureAwait(false)).Path;
                IReadOnlyList<OperationResult> results = await _client.MultiAsync(
                [
                    ZooKeeperOperation.Create(name, data, CreateMode.PersistentSequential),
                    ZooKeeperOperation.Create(receipt, null, CreateMode.Ephemeral),
                ], ct).ConfigureAwait(false);
                Discard(receipt);
                return results[0].Path;
            }
            catch (ZooKeeperException e) when (e.Error == ErrorCode.NoNode)
            {
                await _client.EnsureContainersAsync(_folder, ct).ConfigureAwait(false);
                if (Options.ConfirmSends)
                    await _client.EnsureContainersAsync(_sends, ct).ConfigureAwait(false);
            }
            catch (ZooKeeperException e) when (e.IsOutcomeUnknown() && Options.ConfirmSends)
            {
                // The receipt is there if and only if the message was sent.
                await _client.RepeatAsync(() => _client.SyncAsync(receipt, ct), ct).ConfigureAwait(false);
                if (await _client.RepeatAsync(() => _client.ExistsAsync(receipt, ct), ct).ConfigureAwait(false) is { } found)
                {
                    Discard(receipt);
                    return await FindSentAsync(name, found.Czxid, ct).ConfigureAwait(false);
                }
            }
            catch (ConnectionLossException e) when (!e.OutcomeUnknown)
            {
                await _client.WhenServedAsync(ct).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Waits for a message.</summary>
    /// <param name="ct">Ends the wait; no message is lost by that.</param>
    /// <exception cref="ConnectionLossException">Without redelivery and with an unknown outcome: a message may have been removed and is lost to this consumer.</exception>
    public async Task<QueueMessage> ReceiveAsync(CancellationToken ct = default) => (await ReceiveAsync(once: false, ct).ConfigureAwait(false))!;

    /// <summary>Waits for a message for a while.</summary>
    /// <param name="timeout">How long; zero looks once.</param>
    /// <param name="ct">Ends the wait; no message is lost by that.</param>
    /// <returns>The message, or null when the time was over first.</returns>
    public async Task<QueueMessage?> TryReceiveAsync(TimeSpan timeout, CancellationToken ct = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(timeout, TimeSpan.Zero);
        if (timeout == TimeSpan.Zero)
            return await ReceiveAsync(once: true, ct).ConfigureAwait(false);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(timeout);
        try
        {
            return await ReceiveAsync(once: false, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>The messages in the queue in their order, without receiving them; locked and not yet due ones too.</summary>
    /// <param name="limit">The most to read.</param>
    /// <param name="ct">Ends the wait.</param>
    public async Task<IReadOnlyList<QueueMessage>> PeekAsync(int limit = int.MaxValue, CancellationToken ct = default)
    {
        if (await _client.TryGetChildrenAsync(_folder, null, ct).ConfigureAwait(false) is not { } children)
            return [];
        List<QueueMessage> messages = [];
        foreach (string name in QueueNames.Sort(Options.Layout, children.Children).Take(limit))
        {
            string path = ZPath.Combine(_folder, name);
            if (await _client.TryGetDataAsync(path, null, ct).ConfigureAwait(false) is { } node)
                messages.Add(new QueueMessage(this, path, node.Data ?? [], node.Stat, null));
        }

        return messages;
    }

    /// <summary>The number of messages in the queue, locked and not yet due ones included.</summary>
    public async Task<int> CountAsync(CancellationToken ct = default) =>
        await _client.TryGetChildrenAsync(_folder, null, ct).ConfigureAwait(false) is { } children ? QueueNames.Sort(Options.Layout, children.Children).Count : 0;

    /// <summary>Removes a message and its lock; false when the lock is not ours any more.</summary>
    internal async Task<bool> CompleteAsync(string path, HeldNode held, CancellationToken ct)
    {
        while (true)
        {
            // By the clock it may be lost while the session lives, and the lock of that name be another's.
            if (held.State is LockState.Lost or LockState.Released)
                return false;
            try
            {
                // Only with the lock: a consumer that lost it must not remove what another has.
                await _client.MultiAsync([ZooKeeperOperation.Delete(held.Path), ZooKeeperOperation.Delete(path)], ct).ConfigureAwait(false);
                return true;
            }
            catch (ZooKeeperTransactionException e) when (e.Error == ErrorCode.NoNode)
            {
                return false;
            }
            catch (ZooKeeperException e) when (e.IsOutage())
            {
                await _client.RepeatAsync(() => _client.SyncAsync(held.Path, ct), ct).ConfigureAwait(false);
                // The session lives, so its lock went by this or not at all.
                if (e.IsOutcomeUnknown() && await _client.RepeatAsync(() => _client.ExistsAsync(path, ct), ct).ConfigureAwait(false) is null)
                    return true;
            }
        }
    }

    private string NameFor(SendOptions? options)
    {
        int priority = options?.Priority ?? (Options.Layout == QueueLayout.Kazoo ? 100 : 0);
        if (options?.Priority is not null && Options.Layout is not (QueueLayout.Priority or QueueLayout.Kazoo))
            throw new ArgumentException($"A queue of the layout {Options.Layout} has no priorities. Use the layout {nameof(QueueLayout.Priority)}.", nameof(options));
        if (options?.NotBefore is not null && Options.Layout != QueueLayout.Delayed)
            throw new ArgumentException($"A queue of the layout {Options.Layout} has no delays. Use the layout {nameof(QueueLayout.Delayed)}.", nameof(options));
        if (Options.Layout == QueueLayout.Kazoo && priority is < 0 or > 999)
            throw new ArgumentOutOfRangeException(nameof(options), priority, "A priority of kazoo's is 0 to 999.");
        return QueueNames.For(Options.Layout, priority, options?.NotBefore ?? DateTimeOffset.UtcNow);
    }

    private async Task<QueueMessage?> ReceiveAsync(bool once, CancellationToken ct)
    {
        var signal = new Signal();
        Action<WatchedEvent>? watch = once ? null : signal.Handler;
        try
        {
            while (true)
            {
                HashSet<string> taken = Options.Redeliver
                    ? [.. (await WatchedChildrenAsync(_locks, watch, ct).ConfigureAwait(false) ?? [])]
                    : [];
                long now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
                long? due = null;
                foreach (string name in QueueNames.Sort(Options.Layout, await WatchedChildrenAsync(_folder, watch, ct).ConfigureAwait(false) ?? []))
                {
                    if (QueueNames.Due(Options.Layout, name) is var at && at > now)
                    {
                        due = at;
                        break;
                    }

                    if (taken.Contains(name))
                        continue;
                    QueueMessage? message = Options.Redeliver
                        ? await TryLockAsync(name, ct).ConfigureAwait(false)
                        : await TryTakeAsync(name, ct).ConfigureAwait(false);
                    if (message is not null)
                        return message;
                }

                if (once)
                    return null;
                await WaitAsync(signal, due is null ? null : TimeSpan.FromMilliseconds(due.Value - now), ct).ConfigureAwait(false);
            }
        }
        finally
        {
            if (watch is not null)
            {
                _client.ForgetWatch(_folder, WatcherType.Children, watch);
                if (Options.Redeliver)
                    _client.ForgetWatch(_locks, WatcherType.Children, watch);
            }
        }
    }

    private static async Task WaitAsync(Signal signal, TimeSpan? atMost, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        if (atMost is { } time)
            limit.CancelAfter(time < TimeSpan.FromDays(1) ? time : TimeSpan.FromDays(1));
        try
        {
            await signal.WaitAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            // A message is due.
        }
    }

    /// <summary>The children of a folder, which is created when there is something to watch.</summary>
    private async Task<IReadOnlyList<string>?> WatchedChildrenAsync(string folder, Action<WatchedEvent>? watch, CancellationToken ct)
    {
        while (true)
        {
            if (await _client.TryGetChildrenAsync(folder, watch, ct).ConfigureAwait(false) is { } children)
                return children.Children;
            if (watch is null)
                return null;
            await _client.EnsureContainersAsync(folder, ct).ConfigureAwait(false);
        }
    }

    /// <summary>Takes a message out of the queue; null when another consumer was faster.</summary>
    private async Task<QueueMessage?> TryTakeAsync(string name, CancellationToken ct)
    {
        string path = ZPath.Combine(_folder, name);
        if (await _client.TryGetDataAsync(path, null, ct).ConfigureAwait(false) is not { } node)
            return null;
        // From here on the caller gets the message or an error of its own: a cancelled delete could lose it.
        ct.ThrowIfCancellationRequested();
        while (true)
        {
            try
            {
                await _client.DeleteAsync(path, -1, CancellationToken.None).ConfigureAwait(false);
                return new QueueMessage(this, path, node.Data ?? [], node.Stat, null);
            }
            catch (NoNodeException)
            {
                return null;
            }
            catch (ZooKeeperException e) when (e.IsOutage())
            {
                bool gone;
                try
                {
                    await _client.RepeatAsync(() => _client.SyncAsync(path, ct), ct).ConfigureAwait(false);
                    gone = await _client.RepeatAsync(() => _client.ExistsAsync(path, ct), ct).ConfigureAwait(false) is null;
                }
                catch (OperationCanceledException) when (e.IsOutcomeUnknown())
                {
                    // Nobody has looked whether it is gone.
                    gone = true;
                }

                // Gone by this or by another consumer: nobody can tell.
                if (gone && e.IsOutcomeUnknown())
                    throw;
            }
        }
    }

    /// <summary>Locks a message; null when another consumer was faster.</summary>
    private async Task<QueueMessage?> TryLockAsync(string name, CancellationToken ct)
    {
        string path = ZPath.Combine(_folder, name), lockPath = ZPath.Combine(_locks, name);
        byte[] mark = Guid.NewGuid().ToByteArray();
        HeldNode? held = null;
        bool created = false;
        try
        {
            if (!await TryCreateLockAsync(lockPath, mark, ct).ConfigureAwait(false))
                return null;
            created = true;
            held = await HeldNode.WatchAsync(_client, lockPath, ct, shared: true).ConfigureAwait(false);
            if (held is not null && await _client.TryGetDataAsync(path, null, ct).ConfigureAwait(false) is { } node)
                return new QueueMessage(this, path, node.Data ?? [], node.Stat, held);
            // Completed by the consumer that had it before.
            await UnlockAsync(held, lockPath, mark).ConfigureAwait(false);
            return null;
        }
        catch (Exception e) when (e is OperationCanceledException or ZooKeeperException)
        {
            _ = created && held is not null ? held.ReleaseAsync() : UnlockAsync(null, lockPath, mark);
            throw;
        }
    }

    private async Task<bool> TryCreateLockAsync(string lockPath, byte[] mark, CancellationToken ct)
    {
        while (true)
        {
            try
            {
                await _client.CreateAsync(lockPath, mark, CreateMode.Ephemeral, null, null, ct).ConfigureAwait(false);
                return true;
            }
            catch (NodeExistsException)
            {
                return false;
            }
            catch (NoNodeException)
            {
                await _client.EnsureContainersAsync(_locks, ct).ConfigureAwait(false);
            }
            catch (ZooKeeperException e) when (e.IsOutcomeUnknown())
            {
                await _client.RepeatAsync(() => _client.SyncAsync(lockPath, ct), ct).ConfigureAwait(false);
                if (await _client.TryGetDataAsync(lockPath, null, ct).ConfigureAwait(false) is { } found)
                    return found.Data.AsSpan().SequenceEqual(mark);
            }
            catch (ConnectionLossException)
            {
                await _client.WhenServedAsync(ct).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Deletes a lock that is ours, if it is.</summary>
    private async Task UnlockAsync(HeldNode? held, string lockPath, byte[] mark)
    {
        try
        {
            if (held is not null)
                await held.ReleaseAsync().ConfigureAwait(false);
            else if (await _client.TryGetDataAsync(lockPath, null, CancellationToken.None).ConfigureAwait(false) is { } found && found.Data.AsSpan().SequenceEqual(mark))
                await _client.DeleteIfThereAsync(lockPath, CancellationToken.None).ConfigureAwait(false);
        }
        catch (ZooKeeperException)
        {
            // The session has ended and the lock with it.
        }
    }

    /// <summary>The message that was sent by a transaction; its name without the counter when it was received already.</summary>
    private async Task<string> FindSentAsync(string name, long czxid, CancellationToken ct)
    {
        await foreach ((string child, ZNodeData node) in _client.ReadChildrenAsync(_folder, ct).ConfigureAwait(false))
        {
            if (node.Stat.Czxid == czxid)
                return ZPath.Combine(_folder, child);
        }

        return name;
    }

    private void Discard(string receipt)
    {
        _ = DiscardAsync();

        async Task DiscardAsync()
        {
            try
            {
                await _client.DeleteIfThereAsync(receipt, CancellationToken.None).ConfigureAwait(false);
            }
            catch (ZooKeeperException)
            {
                // The session has ended and the receipt with it.
            }
        }
    }
}
