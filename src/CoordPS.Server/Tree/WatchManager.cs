using CoordPS.Protocol;

namespace CoordPS.Server;

/// <summary>Receives watch events.</summary>
internal interface IWatcher
{
    long SessionId { get; }

    /// <summary>Set by the <see cref="WatchManager"/>: reads of a watcher that has watches go through the tree's gate.</summary>
    int WatchCount { get; set; }

    void Process(WatchEventType type, string path);
}

/// <summary>
/// Watches by path and by watcher; the tree has one of these for data and one for children. A persistent watch is in both.
/// Every call is made under the tree's gate.
/// </summary>
internal sealed class WatchManager
{
    private readonly Dictionary<string, HashSet<IWatcher>> _byPath = new(StringComparer.Ordinal);
    private readonly Dictionary<IWatcher, Dictionary<string, AddWatchMode?>> _byWatcher = [];
    private readonly List<IWatcher> _fired = [];
    private int _recursive;

    /// <summary>Watches in all.</summary>
    public int Count { get; private set; }

    public int PathCount => _byPath.Count;

    public IReadOnlyDictionary<string, HashSet<IWatcher>> ByPath => _byPath;

    public IEnumerable<(IWatcher Watcher, IReadOnlyCollection<string> Paths)> ByWatcher =>
        _byWatcher.Select(static pair => (pair.Key, (IReadOnlyCollection<string>)pair.Value.Keys));

    public int WatcherCount => _byWatcher.Count;

    /// <summary>Adds a watch; a one-shot watch has no mode. The mode of a watch that is there already is replaced.</summary>
    public void Add(string path, IWatcher watcher, AddWatchMode? mode = null)
    {
        if (!_byPath.TryGetValue(path, out HashSet<IWatcher>? watchers))
            _byPath[path] = watchers = [];
        watchers.Add(watcher);
        if (!_byWatcher.TryGetValue(watcher, out Dictionary<string, AddWatchMode?>? paths))
            _byWatcher[watcher] = paths = new Dictionary<string, AddWatchMode?>(StringComparer.Ordinal);
        if (paths.TryGetValue(path, out AddWatchMode? before))
        {
            if (before == AddWatchMode.PersistentRecursive)
                _recursive--;
        }
        else
        {
            Count++;
            watcher.WatchCount++;
        }

        paths[path] = mode;
        if (mode == AddWatchMode.PersistentRecursive)
            _recursive++;
    }

    public bool Contains(string path, IWatcher watcher) =>
        _byWatcher.TryGetValue(watcher, out Dictionary<string, AddWatchMode?>? paths) && paths.ContainsKey(path);

    public bool Contains(string path, IWatcher watcher, AddWatchMode mode) =>
        _byWatcher.TryGetValue(watcher, out Dictionary<string, AddWatchMode?>? paths)
        && paths.TryGetValue(path, out AddWatchMode? set) && set == mode;

    public bool Remove(string path, IWatcher watcher)
    {
        if (!_byWatcher.TryGetValue(watcher, out Dictionary<string, AddWatchMode?>? paths) || !paths.ContainsKey(path))
            return false;
        Forget(path, watcher, paths);
        RemoveFromPath(path, watcher);
        return true;
    }

    /// <summary>Removes all watches of a watcher that is gone.</summary>
    public void Remove(IWatcher watcher)
    {
        if (!_byWatcher.Remove(watcher, out Dictionary<string, AddWatchMode?>? paths))
            return;
        foreach ((string path, AddWatchMode? mode) in paths)
        {
            if (mode == AddWatchMode.PersistentRecursive)
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
    public void Trigger(string path, WatchEventType type, HashSet<IWatcher>? except = null)
    {
        if (Count == 0)
            return;
        _fired.Clear();
        if (_byPath.TryGetValue(path, out HashSet<IWatcher>? watchers))
        {
            foreach (IWatcher watcher in watchers)
            {
                Dictionary<string, AddWatchMode?> paths = _byWatcher[watcher];
                AddWatchMode? mode = paths[path];
                // A recursive watch sees every node below for itself and needs no word of a change among children.
                if (mode == AddWatchMode.PersistentRecursive && type == WatchEventType.NodeChildrenChanged)
                    continue;
                _fired.Add(watcher);
                if (mode is null)
                {
                    Forget(path, watcher, paths);
                    watchers.Remove(watcher);
                }
            }

            if (watchers.Count == 0)
                _byPath.Remove(path);
        }

        if (_recursive > 0 && type != WatchEventType.NodeChildrenChanged)
        {
            for (string above = path; above.Length > 1;)
            {
                above = ZPath.Parent(above);
                if (!_byPath.TryGetValue(above, out watchers))
                    continue;
                foreach (IWatcher watcher in watchers)
                {
                    if (_byWatcher[watcher][above] == AddWatchMode.PersistentRecursive && !_fired.Contains(watcher))
                        _fired.Add(watcher);
                }
            }
        }

        foreach (IWatcher watcher in _fired)
        {
            if (except is null || except.Add(watcher))
                watcher.Process(type, path);
        }
    }

    private void Forget(string path, IWatcher watcher, Dictionary<string, AddWatchMode?> paths)
    {
        if (paths[path] == AddWatchMode.PersistentRecursive)
            _recursive--;
        paths.Remove(path);
        if (paths.Count == 0)
            _byWatcher.Remove(watcher);
        Count--;
        watcher.WatchCount--;
    }

    private void RemoveFromPath(string path, IWatcher watcher)
    {
        if (_byPath.TryGetValue(path, out HashSet<IWatcher>? watchers) && watchers.Remove(watcher) && watchers.Count == 0)
            _byPath.Remove(path);
    }
}
