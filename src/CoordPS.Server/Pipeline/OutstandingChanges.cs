using CoordPS.Protocol;

namespace CoordPS.Server;

/// <summary>A znode as it will be once the transactions under way have been applied; <see cref="Exists"/> is false for one deleted.</summary>
internal sealed class ChangeRecord(string path)
{
    public string Path { get; } = path;
    public long Zxid;
    public bool Exists;
    public int ChildCount;
    public int Version;
    public int CreateCount;
    public int Aversion;
    public long EphemeralOwner;
    public int DataLength;
    public IReadOnlyList<Acl>? Acl;

    public ChangeRecord Copy() => (ChangeRecord)MemberwiseClone();
}

/// <summary>
/// The changes that have been prepared and not yet applied, so that a request is prepared against the state it will meet. The
/// preparing loop adds; the applying loop removes.
/// </summary>
internal sealed class OutstandingChanges(DataTree tree)
{
    private readonly Dictionary<string, ChangeRecord> _byPath = new(StringComparer.Ordinal);
    private readonly Queue<(long Zxid, ChangeRecord Record)> _order = new();
    private readonly Lock _lock = new();
    private List<(string Path, ChangeRecord? Before)>? _undo;

    public int Count
    {
        get
        {
            lock (_lock)
                return _order.Count;
        }
    }

    /// <summary>The znode as it will be; null when it will not exist. The record is not to be changed: <see cref="Change"/> gives one that is.</summary>
    public ChangeRecord? Find(string path)
    {
        lock (_lock)
        {
            if (_byPath.TryGetValue(path, out ChangeRecord? record))
                return record.Exists ? record : null;
        }

        return FromTree(path);
    }

    /// <summary>A record of the znode to change, on behalf of a transaction; a new znode begins empty.</summary>
    public ChangeRecord Change(string path, long zxid)
    {
        lock (_lock)
        {
            _byPath.TryGetValue(path, out ChangeRecord? record);
            _undo?.Add((path, record?.Copy()));
            if (record is null)
            {
                record = FromTree(path) ?? new ChangeRecord(path);
                _byPath[path] = record;
            }

            record.Zxid = zxid;
            _order.Enqueue((zxid, record));
            return record;
        }
    }

    /// <summary>Begins to note how to take changes back.</summary>
    public void BeginUndoable() => _undo = [];

    /// <summary>Ends an undoable series; takes its changes back when it failed.</summary>
    public void EndUndoable(bool undo)
    {
        List<(string Path, ChangeRecord? Before)> changes = _undo!;
        _undo = null;
        if (!undo)
            return;
        lock (_lock)
        {
            for (int i = changes.Count - 1; i >= 0; i--)
            {
                (string path, ChangeRecord? before) = changes[i];
                if (before is null)
                {
                    _byPath.Remove(path);
                }
                else
                {
                    _byPath[path] = before;
                    _order.Enqueue((before.Zxid, before));
                }
            }
        }
    }

    /// <summary>The ephemerals that a session will own once what is under way has been applied.</summary>
    public HashSet<string> EphemeralsOf(long session)
    {
        // What is under way is read first: a change applied in between is then seen twice rather than not at all.
        List<string> added = [], gone = [];
        lock (_lock)
        {
            foreach (ChangeRecord record in _byPath.Values)
                (record.Exists && record.EphemeralOwner == session ? added : gone).Add(record.Path);
        }

        HashSet<string> paths;
        lock (tree.Gate)
            paths = new HashSet<string>(tree.EphemeralsOf(session), StringComparer.Ordinal);
        paths.ExceptWith(gone);
        paths.UnionWith(added);
        return paths;
    }

    /// <summary>Forgets all changes, when what made them may never be applied.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            _byPath.Clear();
            _order.Clear();
        }
    }

    /// <summary>Forgets changes that the tree has now.</summary>
    public void Applied(long zxid)
    {
        lock (_lock)
        {
            while (_order.TryPeek(out (long Zxid, ChangeRecord Record) first) && first.Zxid <= zxid)
            {
                _order.Dequeue();
                ChangeRecord record = first.Record;
                if (record.Zxid <= zxid && _byPath.TryGetValue(record.Path, out ChangeRecord? current) && ReferenceEquals(current, record))
                    _byPath.Remove(record.Path);
            }
        }
    }

    private ChangeRecord? FromTree(string path)
    {
        while (tree.Find(path) is { } node)
        {
            var record = new ChangeRecord(path)
            {
                Exists = true,
                ChildCount = node.ChildCount,
                Version = node.Version,
                CreateCount = node.CreateCount,
                Aversion = node.Aversion,
                EphemeralOwner = node.EphemeralOwner,
                DataLength = Math.Max(0, node.DataLength),
                Acl = tree.Acls.Find(node.Acl),
            };
            if (node.IsUnchanged)
                return record;
        }

        return null;
    }
}
