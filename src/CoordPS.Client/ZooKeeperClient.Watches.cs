using System.Runtime.CompilerServices;
using CoordPS.Protocol;

namespace CoordPS.Client;

public sealed partial class ZooKeeperClient
{
    /// <summary>Sets a watch that stays (servers of 3.6 and later).</summary>
    /// <param name="path">The znode, which need not exist.</param>
    /// <param name="mode">For the znode and its children, or for all below it.</param>
    /// <param name="handler">
    /// Called with every event of the znode and of the session, one at a time, in order, on the thread pool. It may call the client and wait
    /// for it; while it runs no other handler does. A handler given twice for the same path is called once. What it throws is logged.
    /// </param>
    /// <param name="ct">Ends the wait; a watch set nevertheless is removed.</param>
    /// <exception cref="UnimplementedException">The server is older than 3.6.</exception>
    public Task AddWatchAsync(string path, AddWatchMode mode, Action<WatchedEvent> handler, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(handler);
        if (!TryResolve(path, false, OpCode.AddWatch, out string serverPath, out Exception? bad))
            return Task.FromException(bad);
        return Submit(new AddWatchCall(path, serverPath, mode, handler), ct);
    }

    /// <summary>Removes watches of this client; their handlers get a last event that says so.</summary>
    /// <param name="path">The znode.</param>
    /// <param name="type">The kinds to remove. The kinds of persistent watches are for this client's tables: it asks of the server what any version knows.</param>
    /// <param name="handler">Whose watches; null for everyone's.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <exception cref="NoWatcherException">There is no such watch.</exception>
    public Task RemoveWatchesAsync(string path, WatcherType type = WatcherType.Any, Action<WatchedEvent>? handler = null, CancellationToken ct = default)
    {
        if (!TryResolve(path, false, OpCode.RemoveWatches, out string serverPath, out Exception? bad))
            return Task.FromException(bad);
        if (!_session.Watches.Contains(type, serverPath, handler))
            return Task.FromException(new NoWatcherException(path, null));
        lock (_session.Gate)
        {
            if (_session.ServerRemoval(type, serverPath, handler) is { } onServer)
                return Submit(new RemoveWatchesCall(path, serverPath, onServer, type, handler), ct);
            _session.RemoveWatches(type, serverPath, handler);
            return Task.CompletedTask;
        }
    }

    /// <summary>Sets a persistent watch and returns its events as a stream (servers of 3.6 and later). The watch is set when the task ends.</summary>
    /// <param name="path">The znode, which need not exist.</param>
    /// <param name="mode">For the znode and its children, or for all below it.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <returns>The stream; disposing it removes the watch.</returns>
    /// <exception cref="UnimplementedException">The server is older than 3.6.</exception>
    public async Task<ZNodeWatch> OpenWatchAsync(string path, AddWatchMode mode = AddWatchMode.Persistent, CancellationToken ct = default)
    {
        var watch = new ZNodeWatch(path, mode, RemoveAsync);
        try
        {
            await AddWatchAsync(path, mode, watch.Handler, ct).ConfigureAwait(false);
            return watch;
        }
        catch (OperationCanceledException)
        {
            // Cancelled when the answer had just come: the watch is set.
            await watch.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>
    /// The events of a persistent watch, from the first request for one until <paramref name="ct"/> is cancelled, the enumeration is left, or
    /// the session ends. See <see cref="ZNodeWatch"/>; use <see cref="OpenWatchAsync"/> to know when the watch is set.
    /// </summary>
    /// <param name="path">The znode, which need not exist.</param>
    /// <param name="mode">For the znode and its children, or for all below it.</param>
    /// <param name="ct">Ends the enumeration with an <see cref="OperationCanceledException"/>.</param>
    public async IAsyncEnumerable<WatchedEvent> WatchAsync(
        string path, AddWatchMode mode = AddWatchMode.Persistent, [EnumeratorCancellation] CancellationToken ct = default)
    {
        ZNodeWatch watch = await OpenWatchAsync(path, mode, ct).ConfigureAwait(false);
        await using (watch.ConfigureAwait(false))
        {
            await foreach (WatchedEvent e in watch.Events.ReadAllAsync(ct).ConfigureAwait(false))
                yield return e;
        }
    }

    /// <summary>Removes a watch that is no longer waited for: here at once, on the server when one is connected.</summary>
    internal async Task ForgetWatchAsync(string path, WatcherType type, Action<WatchedEvent> handler)
    {
        string serverPath = _session.ToServerPath(path);
        if (!_session.Watches.Contains(type, serverPath, handler))
            return;
        Task removed;
        lock (_session.Gate)
        {
            WatcherType? onServer = _session.ServerRemoval(type, serverPath, handler);
            _session.RemoveWatches(type, serverPath, handler);
            // A connection made later re-arms the table, in which it no longer is.
            if (onServer is not { } removal || !State.IsConnected)
                return;
            removed = Submit(new RemoveWatchesCall(path, serverPath, removal, type, handler), CancellationToken.None);
        }

        try
        {
            await removed.WaitAsync(_options.CloseTimeout).ConfigureAwait(false);
        }
        catch (Exception e) when (e is ZooKeeperException or TimeoutException)
        {
            // The connection went with the watch, or the server has none: either way no event comes any more.
        }
    }

    private ValueTask RemoveAsync(ZNodeWatch watch) => new(ForgetWatchAsync(
        watch.Path, watch.Mode == AddWatchMode.PersistentRecursive ? WatcherType.PersistentRecursive : WatcherType.Persistent, watch.Handler));
}
