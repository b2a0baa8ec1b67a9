using CoordPS.Protocol;

namespace CoordPS.Client;

/// <summary>
/// The session's watches: who is to be told what about which path. Paths are the server's, with the chroot. A watch enters when the
/// server's reply says that it is set and leaves when it fires (one-shot) or is removed; after a reconnect the table is what is re-armed.
/// </summary>
internal sealed class WatchTable
{
    // A server refuses longer requests than its jute.maxbuffer; batches stay well below the smallest in use, as in Apache's client.
    private const int BatchLength = 128 * 1024;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, HashSet<Action<WatchedEvent>>>[] _tables = [new(), new(), new(), new(), new()];

    internal void Add(WatchKind kind, string path, Action<WatchedEvent> handler)
    {
        lock (_gate)
        {
            Dictionary<string, HashSet<Action<WatchedEvent>>> table = _tables[(int)kind];
            if (!table.TryGetValue(path, out HashSet<Action<WatchedEvent>>? handlers))
                table[path] = handlers = [];
            handlers.Add(handler);
        }
    }

    /// <summary>The handlers that an event of a server is for; those of one-shot watches leave the table.</summary>
    internal HashSet<Action<WatchedEvent>> Take(WatchEventType type, string path)
    {
        HashSet<Action<WatchedEvent>> result = [];
        lock (_gate)
        {
            switch (type)
            {
                case WatchEventType.NodeCreated:
                case WatchEventType.NodeDataChanged:
                    TakeOneShot(WatchKind.Data, path, result);
                    TakeOneShot(WatchKind.Exists, path, result);
                    break;
                case WatchEventType.NodeDeleted:
                    TakeOneShot(WatchKind.Data, path, result);
                    TakeOneShot(WatchKind.Exists, path, result);
                    TakeOneShot(WatchKind.Children, path, result);
                    break;
                case WatchEventType.NodeChildrenChanged:
                    TakeOneShot(WatchKind.Children, path, result);
                    break;
            }

            if (_tables[(int)WatchKind.Persistent].TryGetValue(path, out HashSet<Action<WatchedEvent>>? persistent))
                result.UnionWith(persistent);

            // A recursive watch reports each child itself; a NodeChildrenChanged is there for another watch on the same path.
            Dictionary<string, HashSet<Action<WatchedEvent>>> recursive = _tables[(int)WatchKind.PersistentRecursive];
            if (type != WatchEventType.NodeChildrenChanged && recursive.Count > 0)
            {
                for (string at = path; ; at = ZPath.Parent(at))
                {
                    if (recursive.TryGetValue(at, out HashSet<Action<WatchedEvent>>? handlers))
                        result.UnionWith(handlers);
                    if (at.Length <= 1)
                        break;
                }
            }
        }

        return result;
    }

    /// <summary>Every handler, for an event of the session.</summary>
    internal HashSet<Action<WatchedEvent>> All()
    {
        HashSet<Action<WatchedEvent>> result = [];
        lock (_gate)
        {
            foreach (Dictionary<string, HashSet<Action<WatchedEvent>>> table in _tables)
            {
                foreach (HashSet<Action<WatchedEvent>> handlers in table.Values)
                    result.UnionWith(handlers);
            }
        }

        return result;
    }

    /// <summary>Whether there is such a watch; any handler's when <paramref name="handler"/> is null.</summary>
    internal bool Contains(WatcherType type, string path, Action<WatchedEvent>? handler)
    {
        lock (_gate)
        {
            foreach (WatchKind kind in KindsOf(type))
            {
                if (_tables[(int)kind].TryGetValue(path, out HashSet<Action<WatchedEvent>>? handlers) && (handler is null || handlers.Contains(handler)))
                    return true;
            }
        }

        return false;
    }

    /// <summary>
    /// The removal to ask of the server so that the watch's events stop, or null when another watch on the path needs them. Servers up to
    /// 3.8 drop a path's persistent watch whichever kind is to be removed, and can name a persistent one only as part of any.
    /// </summary>
    /// <param name="type">The kinds to remove.</param>
    /// <param name="path">The znode.</param>
    /// <param name="handler">Whose watches; null for everyone's.</param>
    /// <param name="coming">The kinds that requests before the removal set there, unanswered as yet: the server has them when it removes.</param>
    internal WatcherType? ServerRemoval(WatcherType type, string path, Action<WatchedEvent>? handler, IReadOnlySet<WatchKind> coming)
    {
        lock (_gate)
        {
            bool Remains(WatchKind kind)
            {
                bool removes = KindsOf(type).Contains(kind);
                if (coming.Contains(kind) && !(removes && handler is null))
                    return true;
                return _tables[(int)kind].TryGetValue(path, out HashSet<Action<WatchedEvent>>? handlers)
                    && !(removes && (handler is null || (handlers.Count == 1 && handlers.Contains(handler))));
            }

            bool persistent = Remains(WatchKind.Persistent) || Remains(WatchKind.PersistentRecursive);
            bool data = Remains(WatchKind.Data) || Remains(WatchKind.Exists);
            bool children = Remains(WatchKind.Children);
            return (persistent, data, children, type) switch
            {
                (true, _, _, _) => null,
                (_, false, false, _) => WatcherType.Any,
                (_, false, _, WatcherType.Data) => WatcherType.Data,
                (_, _, false, WatcherType.Children) => WatcherType.Children,
                _ => null,
            };
        }
    }

    /// <summary>Removes watches and says which event tells whom.</summary>
    internal List<(WatchEventType Type, Action<WatchedEvent> Handler)> Remove(WatcherType type, string path, Action<WatchedEvent>? handler)
    {
        List<(WatchEventType, Action<WatchedEvent>)> removed = [];
        lock (_gate)
        {
            foreach (WatchKind kind in KindsOf(type))
            {
                Dictionary<string, HashSet<Action<WatchedEvent>>> table = _tables[(int)kind];
                if (!table.TryGetValue(path, out HashSet<Action<WatchedEvent>>? handlers))
                    continue;
                WatchEventType eventType = kind switch
                {
                    WatchKind.Children => WatchEventType.ChildWatchRemoved,
                    WatchKind.Data or WatchKind.Exists => WatchEventType.DataWatchRemoved,
                    _ => WatchEventType.PersistentWatchRemoved,
                };
                foreach (Action<WatchedEvent> one in handlers.Where(h => handler is null || h == handler).ToArray())
                {
                    handlers.Remove(one);
                    if (!removed.Contains((eventType, one)))
                        removed.Add((eventType, one));
                }

                if (handlers.Count == 0)
                    table.Remove(path);
            }
        }

        return removed;
    }

    internal void Clear()
    {
        lock (_gate)
        {
            foreach (Dictionary<string, HashSet<Action<WatchedEvent>>> table in _tables)
                table.Clear();
        }
    }

    /// <summary>The batches in which a new connection re-arms the watches: paths of each kind, in the order of <see cref="WatchKind"/>.</summary>
    internal List<List<string>[]> Batches()
    {
        List<List<string>[]> batches = [];
        lock (_gate)
        {
            List<string>[]? batch = null;
            int length = 0;
            for (int kind = 0; kind < _tables.Length; kind++)
            {
                foreach (string path in _tables[kind].Keys)
                {
                    if (batch is null || length >= BatchLength)
                    {
                        batch = [[], [], [], [], []];
                        batches.Add(batch);
                        length = 0;
                    }

                    batch[kind].Add(path);
                    length += path.Length + 4;
                }
            }
        }

        return batches;
    }

    private static ReadOnlySpan<WatchKind> KindsOf(WatcherType type) => type switch
    {
        WatcherType.Data => [WatchKind.Data, WatchKind.Exists],
        WatcherType.Children => [WatchKind.Children],
        WatcherType.Persistent => [WatchKind.Persistent],
        WatcherType.PersistentRecursive => [WatchKind.PersistentRecursive],
        _ => [WatchKind.Data, WatchKind.Exists, WatchKind.Children, WatchKind.Persistent, WatchKind.PersistentRecursive],
    };

    private void TakeOneShot(WatchKind kind, string path, HashSet<Action<WatchedEvent>> result)
    {
        if (_tables[(int)kind].Remove(path, out HashSet<Action<WatchedEvent>>? handlers))
            result.UnionWith(handlers);
    }
}
