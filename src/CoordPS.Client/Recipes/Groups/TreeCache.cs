using System.Collections.Concurrent;
using System.Threading.Channels;
using CoordPS.Protocol;

namespace CoordPS.Client.Recipes;

/// <summary>
/// A local view of a znode and all below it that follows the server's: Curator's <c>CuratorCache</c>. With servers of 3.6 and later it uses
/// one persistent recursive watch, with older ones a watch on each znode. After a lost connection or session it reads the tree again and
/// reports the difference. A znode's versions may be skipped when they follow one another quickly; the last one is always reported.
/// </summary>
public sealed class TreeCache : IAsyncDisposable
{
    private readonly ZooKeeperClient _client;
    private readonly int _maxDepth;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, ZNodeData> _nodes = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource _initialized = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private readonly List<Channel<TreeCacheEvent>> _streams = [];
    private Task _run = Task.CompletedTask;
    private bool _isInitialized;
    private bool _ended;
    private int _disposed;

    private TreeCache(ZooKeeperClient client, string path, int maxDepth)
    {
        _client = client;
        Path = ContendedLock.Checked(path);
        _maxDepth = maxDepth;
    }

    /// <summary>Raised for each change, in order, after the view has it. Handlers hold up the cache while they run.</summary>
    public event EventHandler<TreeCacheEvent>? Changed;

    /// <summary>The top of the tree.</summary>
    public string Path { get; }

    /// <summary>How many znodes there are in the view.</summary>
    public int Count => _nodes.Count;

    /// <summary>Whether the view was up to date when the server was last heard of: read, and connected.</summary>
    public bool IsCurrent { get; private set; }

    /// <summary>Ends when the cache is disposed, or fails when it can't go on: the client was closed or lacks the rights.</summary>
    public Task Completion => _run;

    /// <summary>Reads a tree and begins to follow it. It is read when the task ends.</summary>
    /// <param name="client">The session; followed by new ones when it expires, until this client is disposed.</param>
    /// <param name="path">The top of the tree, which need not exist.</param>
    /// <param name="handler">Receives all events, those of the first read included; null for none.</param>
    /// <param name="maxDepth">How many levels below the top to follow; 0 for the top alone.</param>
    /// <param name="ct">Ends the wait; the cache is then disposed.</param>
    public static async Task<TreeCache> StartAsync(
        ZooKeeperClient client, string path, EventHandler<TreeCacheEvent>? handler = null, int maxDepth = int.MaxValue, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentOutOfRangeException.ThrowIfNegative(maxDepth);
        var cache = new TreeCache(client, path, maxDepth);
        cache.Changed += handler;
        using (ExecutionContext.SuppressFlow())
            cache._run = Task.Run(cache.RunAsync, CancellationToken.None);
        try
        {
            await (await Task.WhenAny(cache._initialized.Task, cache._run).WaitAsync(ct).ConfigureAwait(false)).ConfigureAwait(false);
            return cache;
        }
        catch
        {
            await cache.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>A znode of the view; null when it is not there.</summary>
    public ZNodeData? Get(string path) => _nodes.TryGetValue(path, out ZNodeData node) ? node : null;

    /// <summary>The names of a znode's children in the view, in their order.</summary>
    public IReadOnlyList<string> GetChildren(string path) =>
        [.. _nodes.Keys.Where(p => p.Length > 1 && p != path && ZPath.Parent(p) == path).Select(ZPath.Name).Order(StringComparer.Ordinal)];

    /// <summary>The whole view, in the order of the paths.</summary>
    public IReadOnlyList<KeyValuePair<string, ZNodeData>> Snapshot() => [.. _nodes.ToArray().OrderBy(node => node.Key, StringComparer.Ordinal)];

    /// <summary>The events from now on as a stream, until the cache is disposed. Those not yet read are kept in memory.</summary>
    /// <param name="includeCurrent">Whether to begin with the view as it is now, as added znodes followed by <see cref="TreeCacheEventType.Initialized"/>.</param>
    /// <param name="ct">Ends the enumeration.</param>
    public IAsyncEnumerable<TreeCacheEvent> ReadEventsAsync(bool includeCurrent = false, CancellationToken ct = default)
    {
        Channel<TreeCacheEvent> stream = Channel.CreateUnbounded<TreeCacheEvent>();
        lock (_gate)
        {
            if (includeCurrent)
            {
                foreach ((string path, ZNodeData node) in Snapshot())
                    stream.Writer.TryWrite(new TreeCacheEvent(TreeCacheEventType.Added, path, node));
            }

            if (includeCurrent && _isInitialized)
            {
                stream.Writer.TryWrite(new TreeCacheEvent(TreeCacheEventType.Initialized));
            }

            if (_ended)
                stream.Writer.TryComplete();
            else
                _streams.Add(stream);
        }

        return stream.Reader.ReadAllAsync(ct);
    }

    /// <summary>Ends following the tree; the view stays as it was.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        await _stop.CancelAsync().ConfigureAwait(false);
        await _run.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        CancellationToken stopping = _stop.Token;
        try
        {
            while (!stopping.IsCancellationRequested)
            {
                ZooKeeperClient client = await _client.Succession.CurrentAsync(stopping).ConfigureAwait(false);
                try
                {
                    var follower = new TreeFollower(this, client);
                    await follower.RunAsync(stopping).ConfigureAwait(false);
                }
                catch (SessionExpiredException)
                {
                    // Again, with a new session.
                }
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Disposed.
        }
        finally
        {
            IsCurrent = false;
            lock (_gate)
            {
                _ended = true;
                foreach (Channel<TreeCacheEvent> stream in _streams)
                    stream.Writer.TryComplete();
            }
        }
    }

    private bool IsWithin(string path)
    {
        if (path.Length <= Path.Length)
            return path == Path;
        int depth = path.AsSpan(Path.Length == 1 ? 0 : Path.Length).Count('/');
        return depth <= _maxDepth;
    }

    private void Put(string path, in ZNodeData node)
    {
        ZNodeData? previous = Get(path);
        // A read that was slow must not undo a newer one.
        if (previous is { } old && old.Stat.Czxid == node.Stat.Czxid && old.Stat.Mzxid >= node.Stat.Mzxid)
            return;
        ZNodeData now = node;
        void Change() => _nodes[path] = now;
        TreeCacheEvent added = new(TreeCacheEventType.Added, path, node);
        if (previous is not { } before)
            Tell(Change, added);
        else if (before.Stat.Czxid == node.Stat.Czxid)
            Tell(Change, new TreeCacheEvent(TreeCacheEventType.Changed, path, node, before));
        else
            Tell(Change, new TreeCacheEvent(TreeCacheEventType.Removed, path, before), added);
    }

    private void Remove(string path)
    {
        // Children go first on the server too, but their events may come as one gap.
        foreach (KeyValuePair<string, ZNodeData> gone in _nodes.Where(node => ZPath.IsSameOrBelow(node.Key, path)).OrderByDescending(node => node.Key, StringComparer.Ordinal).ToArray())
            Tell(() => _nodes.TryRemove(gone.Key, out _), new TreeCacheEvent(TreeCacheEventType.Removed, gone.Key, gone.Value));
    }

    private void Suspend()
    {
        if (IsCurrent)
            Tell(() => IsCurrent = false, new TreeCacheEvent(TreeCacheEventType.Suspended));
    }

    private void Complete()
    {
        TreeCacheEventType type = _isInitialized ? TreeCacheEventType.Resumed : TreeCacheEventType.Initialized;
        Tell(() => IsCurrent = _isInitialized = true, new TreeCacheEvent(type));
        _initialized.TrySetResult();
    }

    /// <summary>Makes a change and tells of it, together: a stream that begins meanwhile has it either in the view or as an event.</summary>
    private void Tell(Action change, params ReadOnlySpan<TreeCacheEvent> events)
    {
        lock (_gate)
        {
            change();
            foreach (TreeCacheEvent e in events)
            {
                foreach (Channel<TreeCacheEvent> stream in _streams)
                    stream.Writer.TryWrite(e);
            }
        }

        foreach (TreeCacheEvent e in events)
            Changed?.Invoke(this, e);
    }

    /// <summary>Follows the tree with one session.</summary>
    private sealed class TreeFollower(TreeCache cache, ZooKeeperClient client)
    {
        private readonly Channel<WatchedEvent> _events = Channel.CreateUnbounded<WatchedEvent>();
        private readonly Lock _putting = new();
        private bool _recursive = true;

        internal async Task RunAsync(CancellationToken ct)
        {
            try
            {
                try
                {
                    await client.RepeatAsync(() => client.AddWatchAsync(cache.Path, AddWatchMode.PersistentRecursive, OnEvent, ct), ct).ConfigureAwait(false);
                }
                catch (UnimplementedException)
                {
                    _recursive = false;
                }

                await ReadAllAsync(ct).ConfigureAwait(false);
                await foreach (WatchedEvent e in _events.Reader.ReadAllAsync(ct).ConfigureAwait(false))
                    await TakeAsync(e, ct).ConfigureAwait(false);
            }
            finally
            {
                if (_recursive)
                    client.ForgetWatch(cache.Path, WatcherType.PersistentRecursive, OnEvent);
                cache.Suspend();
            }
        }

        private void OnEvent(WatchedEvent e) => _events.Writer.TryWrite(e);

        private Action<WatchedEvent>? Watch => _recursive ? null : OnEvent;

        private async Task TakeAsync(WatchedEvent e, CancellationToken ct)
        {
            switch (e.Type)
            {
                case WatchEventType.None when e.State == KeeperState.Expired:
                    throw new SessionExpiredException("The session that followed the tree has expired", cache.Path, null);
                case WatchEventType.None when e.State is KeeperState.Closed or KeeperState.AuthFailed:
                    throw new SessionClosedException(cache.Path);
                case WatchEventType.None when e.State == KeeperState.Disconnected:
                    cache.Suspend();
                    break;
                case WatchEventType.None:
                    if (!cache.IsCurrent)
                        await ReadAllAsync(ct).ConfigureAwait(false);
                    break;
                case WatchEventType.NodeDeleted:
                    cache.Remove(e.Path!);
                    // The watch on it is gone, and it may be there again.
                    if (!_recursive && e.Path == cache.Path)
                        await ReadTopAsync(ct).ConfigureAwait(false);
                    else if (!_recursive)
                        await ReadAgainAsync(e.Path!, ct).ConfigureAwait(false);
                    break;
                case WatchEventType.NodeChildrenChanged when !_recursive:
                    await ReadChildrenAsync(e.Path!, ct).ConfigureAwait(false);
                    break;
                case WatchEventType.NodeCreated or WatchEventType.NodeDataChanged when cache.IsWithin(e.Path!):
                    bool isNew = cache.Get(e.Path!) is null;
                    await ReadNodeAsync(e.Path!, ct).ConfigureAwait(false);
                    if (!_recursive && isNew)
                        await ReadChildrenAsync(e.Path!, ct).ConfigureAwait(false);
                    break;
            }
        }

        /// <summary>Reads the whole tree and drops what is no longer there.</summary>
        private async Task ReadAllAsync(CancellationToken ct)
        {
            HashSet<string> seen = await ReadTopAsync(ct).ConfigureAwait(false);
            foreach (string path in cache._nodes.Keys.Where(path => !seen.Contains(path)).OrderDescending(StringComparer.Ordinal).ToArray())
                cache.Remove(path);
            cache.Complete();
        }

        private async Task<HashSet<string>> ReadTopAsync(CancellationToken ct)
        {
            HashSet<string> seen = [];
            // So that its creation is told of.
            if (!_recursive && await client.RepeatAsync(() => client.ExistsAsync(cache.Path, OnEvent, ct), ct).ConfigureAwait(false) is null)
                return seen;
            List<string> level = [cache.Path];
            while (level.Count > 0)
            {
                List<string> next = [];
                // A level at a time, many requests in flight.
                foreach (string[] chunk in level.Chunk(256))
                {
                    Task<(string Path, bool Found, IReadOnlyList<string> Children)>[] reads = [.. chunk.Select(path => ReadWithChildrenAsync(path, ct))];
                    foreach ((string path, bool found, IReadOnlyList<string> children) in await Task.WhenAll(reads).ConfigureAwait(false))
                    {
                        if (!found)
                            continue;
                        seen.Add(path);
                        next.AddRange(children.Select(name => ZPath.Combine(path, name)).Where(cache.IsWithin));
                    }
                }

                level = next;
            }

            return seen;
        }

        private async Task<(string Path, bool Found, IReadOnlyList<string> Children)> ReadWithChildrenAsync(string path, CancellationToken ct)
        {
            Task<ZNodeData?> read = client.TryGetDataAsync(path, Watch, ct);
            ChildrenResult? children = cache.IsWithin(ZPath.Combine(path, "-")) ? await client.TryGetChildrenAsync(path, Watch, ct).ConfigureAwait(false) : null;
            if (await read.ConfigureAwait(false) is not { } node)
                return (path, false, []);
            lock (_putting)
                cache.Put(path, node);
            return (path, true, children?.Children ?? []);
        }

        private async Task ReadNodeAsync(string path, CancellationToken ct)
        {
            if (await client.TryGetDataAsync(path, Watch, ct).ConfigureAwait(false) is { } node)
                cache.Put(path, node);
            else
                cache.Remove(path);
        }

        /// <summary>
        /// For servers without recursive watches: a znode that was created again before its parent's children were read last is not told of
        /// any more.
        /// </summary>
        private async Task ReadAgainAsync(string path, CancellationToken ct)
        {
            await ReadNodeAsync(path, ct).ConfigureAwait(false);
            if (cache.Get(path) is not null)
                await ReadChildrenAsync(path, ct).ConfigureAwait(false);
        }

        /// <summary>For servers without recursive watches: sees which children came and went.</summary>
        private async Task ReadChildrenAsync(string path, CancellationToken ct)
        {
            if (!cache.IsWithin(ZPath.Combine(path, "-")))
                return;
            if (await client.TryGetChildrenAsync(path, Watch, ct).ConfigureAwait(false) is not { } children)
                return;
            HashSet<string> now = [.. children.Children];
            foreach (string gone in cache.GetChildren(path).Where(name => !now.Contains(name)))
                cache.Remove(ZPath.Combine(path, gone));
            foreach (string name in now)
            {
                string child = ZPath.Combine(path, name);
                if (cache.Get(child) is not null)
                    continue;
                await ReadNodeAsync(child, ct).ConfigureAwait(false);
                await ReadChildrenAsync(child, ct).ConfigureAwait(false);
            }
        }
    }
}
