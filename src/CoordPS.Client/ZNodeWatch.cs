using System.Threading.Channels;
using CoordPS.Protocol;

namespace CoordPS.Client;

/// <summary>
/// A persistent watch as a stream of events, in order and none twice, until it is disposed or the session ends. Session events
/// (<see cref="WatchedEvent.IsSessionEvent"/>) are part of it: changes made between Disconnected and the next SyncConnected are not
/// reported, so read again then. The last event of a session that ends is Expired, AuthFailed or Closed. Events not yet read are kept in memory.
/// </summary>
public sealed class ZNodeWatch : IAsyncDisposable
{
    private readonly Channel<WatchedEvent> _events = Channel.CreateUnbounded<WatchedEvent>();
    private readonly Func<ZNodeWatch, ValueTask> _remove;
    private int _disposed;

    internal ZNodeWatch(string path, AddWatchMode mode, Func<ZNodeWatch, ValueTask> remove)
    {
        Path = path;
        Mode = mode;
        Handler = OnEvent;
        _remove = remove;
    }

    /// <summary>The znode watched.</summary>
    public string Path { get; }

    /// <summary>Whether the watch is for the znode and its children, or for all below it.</summary>
    public AddWatchMode Mode { get; }

    /// <summary>The events; <see cref="ChannelReader{T}.ReadAllAsync"/> enumerates them. It completes when the watch is removed or the session ends.</summary>
    public ChannelReader<WatchedEvent> Events => _events.Reader;

    internal Action<WatchedEvent> Handler { get; }

    /// <summary>Removes the watch and ends the stream.</summary>
    public ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return ValueTask.CompletedTask;
        _events.Writer.TryComplete();
        return _remove(this);
    }

    private void OnEvent(WatchedEvent e)
    {
        if (e.Type == WatchEventType.PersistentWatchRemoved)
        {
            _events.Writer.TryComplete();
            return;
        }

        _events.Writer.TryWrite(e);
        if (e.IsSessionEvent && e.State is KeeperState.Expired or KeeperState.AuthFailed or KeeperState.Closed)
            _events.Writer.TryComplete();
    }
}
