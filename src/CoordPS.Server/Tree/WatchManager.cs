using CoordPS.Protocol;

namespace CoordPS.Server;

/// <summary>Receives watch events.</summary>
internal interface IWatcher
{
    long SessionId { get; }

    /// <summary>Set by the <see cref="WatchManager"/>: reads of a watcher that has watches go through the tree's gate.</summary>
    int WatchCount { get; set; }

    /// <summary>Tells it of a change.</summary>
    /// <param name="type">What happened.</param>
    /// <param name="path">To which znode.</param>
    /// <param name="acl">The znode's access control list: who may not read it is told nothing of it. Null to tell in any case.</param>
    void Process(WatchEventType type, string path, IReadOnlyList<Acl>? acl = null);
}

/// <summary>The kinds of watch that a watcher can have on a path at once. A one-shot watch takes nothing from a persistent one.</summary>
[Flags]
internal enum WatchModes : byte
{
    None = 0,
    OneShot = 1,
    Persistent = 2,
    Recursive = 4,
    Any = OneShot | Persistent | Recursive,
}

/// <summary>
/// Watches by path and by watcher; the tree has one of these for data and one for children. A persistent watch is in both, a
/// recursive one in that for data alone. Every call is made under the tree's gate.
/// </summary>
internal sealed class WatchManager
{
    private readonly Dictionary<string, HashSet<IWatcher>> _byPath = new(StringComparer.Ordinal);
    private readonly Dictionary<IWatcher, Dictionary<string, WatchModes>> _byWatcher = [];
    private readonly List<IWatcher> _fired = [];
    private readonly List<IWatcher> _spent = [];
    private int _recursive;

    /// <summary>Watches in all: paths times their watchers.</summary>
    public int Count { get; private set; }

    public int PathCount => _byPath.Count;

    public IReadOnlyDictionary<string, HashSet<IWatcher>> ByPath => _byPath;

    public IEnumerable<(IWatcher Watcher, IReadOnlyCollection<string> Paths)> ByWatcher =>
        _byWatcher.Select(static pair => (pair.Key, (IReadOnlyCollection<string>)pair.Value.Keys));

    public int WatcherCount => _byWatcher.Count;

    /// <summary>Adds a watch to those that the watcher may have on the path already.</summary>
    public void Add(string path, IWatcher watcher, WatchModes mode = WatchModes.OneShot)
    {
        if (!_byPath.TryGetValue(path, out HashSet<IWatcher>? watchers))
            _byPath[path] = watchers = [];
        watchers.Add(watcher);
        if (!_byWatcher.TryGetValue(watcher, out Dictionary<string, WatchModes>? paths))
            _byWatcher[watcher] = paths = new Dictionary<string, WatchModes>(StringComparer.Ordinal);
        WatchModes before = paths.GetValueOrDefault(path);
        if (before == WatchModes.None)
        {
            Count++;
            watcher.WatchCount++;
        }

        paths[path] = before | mode;
        if ((mode & ~before & WatchModes.Recursive) != 0)
            _recursive++;
    }

    /// <summary>Whether the watcher has a watch of one of the modes on the path.</summary>
    public bool Contains(string path, IWatcher watcher, WatchModes modes = WatchModes.Any) =>
        _byWatcher.TryGetValue(watcher, out Dictionary<string, WatchModes>? paths)
        && (paths.GetValueOrDefault(path) & modes) != 0;

    /// <summary>Removes the watcher's watches of the modes from the path; false when there was none.</summary>
    public bool Remove(string path, IWatcher watcher, WatchModes modes = WatchModes.Any)
    {
        if (!Contains(path, watcher, modes))
            return false;
        if (Take(path, watcher, _byWatcher[watcher], modes))
        {
            watcher.WatchCount--;
            RemoveFromPath(path, watcher);
        }

        return true;
    }

    /// <summary>Removes all watches of a watcher that is gone.</summary>
    public void Remove(IWatcher watcher)
    {
        if (!_byWatcher.Remove(watcher, out Dictionary<string, WatchModes>? paths))
            return;
        foreach ((string path, WatchModes modes) in paths)
        {
            if ((modes & WatchModes.Recursive) != 0)
                _recursive--;
            RemoveFromPath(path, watcher);
        }

        Count -= paths.Count;
        watcher.WatchCount -= paths.Count;
    }

    /// <summary>
    /// Fires the watches of a path and the recursive ones above it. Those in <paramref name="except"/> have been told already by the
    /// other table; those told now are added to it when it is given.
    /// </summary>
    public void Trigger(string path, WatchEventType type, IReadOnlyList<Acl>? acl, HashSet<IWatcher>? except = null)
    {
        if (Count == 0)
            return;
        _fired.Clear();
        _spent.Clear();
        if (_byPath.TryGetValue(path, out HashSet<IWatcher>? watchers))
        {
            foreach (IWatcher watcher in watchers)
            {
                _fired.Add(watcher);
                if (Take(path, watcher, _byWatcher[watcher], WatchModes.OneShot))
                    _spent.Add(watcher);
            }

            foreach (IWatcher watcher in _spent)
                watchers.Remove(watcher);
            if (watchers.Count == 0)
                _byPath.Remove(path);
        }

        if (_recursive > 0)
        {
            for (string above = path; above.Length > 1;)
            {
                above = ZPath.Parent(above);
                if (!_byPath.TryGetValue(above, out watchers))
                    continue;
                foreach (IWatcher watcher in watchers)
                {
                    if ((_byWatcher[watcher][above] & WatchModes.Recursive) != 0 && !_fired.Contains(watcher))
                        _fired.Add(watcher);
                }
            }
        }

        foreach (IWatcher watcher in _fired)
        {
            if (except is null || except.Add(watcher))
                watcher.Process(type, path, acl);
        }

        // Only now: a watcher without watches reads beside the gate, and would read the news before its event is written.
        foreach (IWatcher watcher in _spent)
            watcher.WatchCount--;
    }

    /// <summary>Takes modes from a watch; true when none is left, and the watcher's count and the path's list are the caller's to mend.</summary>
    private bool Take(string path, IWatcher watcher, Dictionary<string, WatchModes> paths, WatchModes modes)
    {
        WatchModes before = paths.GetValueOrDefault(path), after = before & ~modes;
        if ((before & ~after & WatchModes.Recursive) != 0)
            _recursive--;
        if (after != WatchModes.None)
        {
            paths[path] = after;
            return false;
        }

        if (!paths.Remove(path))
            return false;
        if (paths.Count == 0)
            _byWatcher.Remove(watcher);
        Count--;
        return true;
    }

    private void RemoveFromPath(string path, IWatcher watcher)
    {
        if (_byPath.TryGetValue(path, out HashSet<IWatcher>? watchers) && watchers.Remove(watcher) && watchers.Count == 0)
            _byPath.Remove(path);
    }
}
