using CoordPS.Protocol;

namespace CoordPS.Client.Recipes;

/// <summary>
/// A message received. Of a queue that redelivers it is locked and must be completed; disposing it without that gives it back. Of another
/// queue it has left the queue already.
/// </summary>
public sealed class QueueMessage : IAsyncDisposable
{
    private readonly DistributedQueue _queue;
    private readonly HeldNode? _lock;
    private int _done;

    internal QueueMessage(DistributedQueue queue, string path, byte[] bytes, Stat stat, HeldNode? held)
    {
        _queue = queue;
        _lock = held;
        Path = path;
        IReadOnlyList<byte[]>? items = queue.Options.Layout is QueueLayout.Simple or QueueLayout.Kazoo ? [bytes] : QueueItems.Read(bytes);
        IsMalformed = items is null;
        Items = items ?? [bytes];
        Sent = DateTimeOffset.FromUnixTimeMilliseconds(stat.Ctime);
    }

    /// <summary>The message's znode.</summary>
    public string Path { get; }

    /// <summary>The znode's name.</summary>
    public string Name => ZPath.Name(Path);

    /// <summary>The message; the first of <see cref="Items"/>.</summary>
    public byte[] Data => Items.Count > 0 ? Items[0] : [];

    /// <summary>What was sent as one; more than one only when Curator's <c>putMulti</c> or <see cref="DistributedQueue.SendAsync(IReadOnlyList{ReadOnlyMemory{byte}}, SendOptions?, CancellationToken)"/> sent it.</summary>
    public IReadOnlyList<byte[]> Items { get; }

    /// <summary>Whether the bytes should have been in Curator's envelope and were not; then they are given as they are.</summary>
    public bool IsMalformed { get; }

    /// <summary>When it was sent, by the server's clock.</summary>
    public DateTimeOffset Sent { get; }

    /// <summary>Whether it is this consumer's: <see cref="LockState.Released"/> when it is done with, or was never locked.</summary>
    public LockState State => _lock?.State ?? LockState.Released;

    /// <summary>Fires as soon as it may go to another consumer, or is done with. Of a queue that does not redeliver it never fires.</summary>
    public CancellationToken LostToken => _lock?.LostToken ?? CancellationToken.None;

    /// <summary>Removes the message, which is done with. Nothing to do when the queue does not redeliver.</summary>
    /// <param name="ct">Ends the wait; the message may or may not be removed.</param>
    /// <exception cref="InvalidOperationException">The message is not this consumer's any more: another may have it.</exception>
    public async Task CompleteAsync(CancellationToken ct = default)
    {
        if (_lock is null)
            return;
        if (Volatile.Read(ref _done) != 0 || !await _lock.RemoveAsync(() => _queue.CompleteAsync(Path, _lock, ct)).ConfigureAwait(false))
            throw new InvalidOperationException($"The message '{Path}' is not this consumer's any more: it was given back, or its lock was lost and another consumer may have it.");
        Interlocked.Exchange(ref _done, 1);
    }

    /// <summary>Gives the message back, so that any consumer may have it. Nothing to do when the queue does not redeliver.</summary>
    /// <param name="ct">Ends the wait only.</param>
    public Task ReleaseAsync(CancellationToken ct = default) =>
        _lock is null || Interlocked.Exchange(ref _done, 1) != 0 ? Task.CompletedTask : _lock.ReleaseAsync().WaitAsync(ct);

    /// <summary>Gives the message back unless it was completed.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_lock is not null && Interlocked.Exchange(ref _done, 1) == 0)
            await _lock.WhileServedAsync(_lock.ReleaseAsync()).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override string ToString() => Path;
}
