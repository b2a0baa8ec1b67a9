using System.Buffers;
using System.Text;
using CoordPS.Protocol;

namespace CoordPS.Server;

/// <summary>
/// The znodes and their watches. One loop applies transactions, in zxid order, each under <see cref="Gate"/>.
/// A reader without watches takes no lock: nodes are read under their sequence. A reader that has watches, or sets one, reads under
/// the gate, so that its events and its replies keep the order ZooKeeper promises: an event before the news it is about.
/// </summary>
internal sealed class DataTree
{
    private static readonly byte[] LimitName = Encoding.UTF8.GetBytes(Quota.LimitName);

    private readonly NodeStore _nodes;
    private readonly Dictionary<long, HashSet<string>> _ephemerals = [];
    private readonly HashSet<string> _containers = new(StringComparer.Ordinal);
    private readonly HashSet<string> _ttls = new(StringComparer.Ordinal);
    private readonly HashSet<string> _quotas = new(StringComparer.Ordinal);
    private readonly bool _extendedTypes;
    private readonly int _root;
    private readonly int _config;
    private bool _protectConfig;
    private long _lastProcessedZxid;
    private int _compound;
    private long _dataSize;

    /// <param name="extendedTypes">Whether an owner can be a time to live.</param>
    /// <param name="forLoading">
    /// Whether a snapshot will be loaded, whose lists come with indexes of its own: none is taken before.
    /// </param>
    public DataTree(bool extendedTypes, bool forLoading = false)
    {
        _extendedTypes = extendedTypes;
        _nodes = new NodeStore(extendedTypes);
        _root = _nodes.Add(0, default, _nodes.HashOf("/"u8), default, isDataNull: false, AclCache.Open, 0, 0);
        int zookeeper = AddInitial(_root, Quota.ZooKeeper);
        AddInitial(zookeeper, Quota.Root);
        _config = AddInitial(zookeeper, Quota.Config);
        _protectConfig = forLoading;
        if (!forLoading)
            ProtectConfig();
    }

    /// <summary>Held while a transaction is applied, and by readers that have watches. Never taken while holding a connection's output.</summary>
    public Lock Gate { get; } = new();

    public DataNode Root => At(_root);

    public AclCache Acls { get; } = new();

    public WatchManager DataWatches { get; } = new();

    public WatchManager ChildWatches { get; } = new();

    /// <summary>The last transaction applied or, inside <see cref="Apply"/>, being applied.</summary>
    public long LastProcessedZxid => Volatile.Read(ref _lastProcessedZxid);

    public int NodeCount => _nodes.Count;

    public int EphemeralCount { get; private set; }

    /// <summary>Bytes of paths and data, as Apache estimates them.</summary>
    public long ApproximateDataSize => Volatile.Read(ref _dataSize);

    /// <summary>
    /// Whether a transaction of several changes is being applied. A reader that takes no lock would see half of it, so it goes through
    /// the gate meanwhile.
    /// </summary>
    public bool IsApplyingSeveral => Volatile.Read(ref _compound) != 0;

    /// <summary>The node at a path. Apache knows the root by the empty path as well.</summary>
    public DataNode? Find(ReadOnlySpan<byte> path) => _nodes.TryFind(path.IsEmpty ? "/"u8 : path, out DataNode node) ? node : null;

    public DataNode? Find(string path)
    {
        byte[]? rented = null;
        int max = Encoding.UTF8.GetMaxByteCount(path.Length);
        Span<byte> bytes = max <= 512 ? stackalloc byte[512] : (rented = ArrayPool<byte>.Shared.Rent(max));
        DataNode? node = Find(bytes[..Encoding.UTF8.GetBytes(path, bytes)]);
        if (rented is not null)
            ArrayPool<byte>.Shared.Return(rented);
        return node;
    }

    public static bool IsSpecialPath(string path) => path is "/" or Quota.ZooKeeper or Quota.Root or Quota.Config;

    /// <summary>The ephemerals of a session. Under the gate.</summary>
    public IReadOnlyCollection<string> EphemeralsOf(long session) =>
        _ephemerals.TryGetValue(session, out HashSet<string>? paths) ? paths : [];

    /// <summary>Sessions that own ephemerals, with them. Under the gate.</summary>
    public IReadOnlyDictionary<long, HashSet<string>> Ephemerals => _ephemerals;

    /// <summary>Containers and znodes with a time to live. Under the gate.</summary>
    public IEnumerable<string> Reapable => _containers.Concat(_ttls);

    /// <summary>The nearest ancestor of a path, or the path itself, that has a quota; null when none has.</summary>
    public string? QuotaFor(string path)
    {
        if (_quotas.Count == 0)
            return null;
        lock (_quotas)
        {
            for (string p = path; p.Length > 1; p = ZPath.Parent(p))
            {
                if (_quotas.Contains(p))
                    return p;
            }
        }

        return null;
    }

    /// <summary>Number of znodes below a path. Apache does not count the root's own two entries, so neither does this.</summary>
    public int CountBelow(DataNode node) => node.IsRoot ? _nodes.Count - 1 : Subtree(node).Count() - 1;

    /// <summary>
    /// Applies a transaction: changes the tree, fires watches, and says what came of it. A transaction that does not fit the tree
    /// (replayed over a fuzzy snapshot) gives the error and changes nothing but what the transaction certainly did.
    /// </summary>
    public TxnResult Apply(in TxnHeader header, object? txn)
    {
        lock (Gate)
        {
            if (header.Zxid > _lastProcessedZxid)
                Volatile.Write(ref _lastProcessedZxid, header.Zxid);
            return ApplyOne(header, header.Type, txn);
        }
    }

    /// <summary>Sets the zxid that a snapshot stands at.</summary>
    public void SetLastProcessedZxid(long zxid) => Volatile.Write(ref _lastProcessedZxid, zxid);

    /// <summary>
    /// Replaces what the configuration node holds, without a transaction: a member's configuration may come from its files or from
    /// another member. The node looks as after the transaction with the configuration's version for its zxid.
    /// </summary>
    public void SetConfig(byte[] config, long version)
    {
        lock (Gate)
        {
            if (Find(Quota.Config) is not { } node || (node.Mzxid == version && node.Data.SequenceEqual(config)))
                return;
            var result = new TxnResult();
            SetData(
                ref result, new TxnHeader(0, 0, version, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), OpCode.Reconfig),
                new SetDataTxn(Quota.Config, config, -1));
        }
    }

    /// <summary>Adds a node as a snapshot has it. Parents come before children.</summary>
    /// <returns>False when the parent is missing.</returns>
    public bool Load(ReadOnlySpan<byte> path, ReadOnlySpan<byte> data, bool isDataNull, long acl, in StatPersisted stat)
    {
        int index = checked((int)acl);
        if (path.Length <= 1 || _nodes.TryFind(path, out DataNode node))
        {
            node = path.Length <= 1 ? Root : Find(path)!.Value;
            if (node.Id == _config)
                _protectConfig = false;
            _dataSize -= Math.Max(0, node.DataLength);
            node.BeginChange();
            node.SetData(data, isDataNull);
            node.Acl = index;
            node.SetPersisted(stat);
            node.EndChange();
        }
        else
        {
            int slash = path.LastIndexOf((byte)'/');
            if ((slash == 0 ? Root : Find(path[..slash])) is not { } parent)
                return false;
            node = At(_nodes.Add(
                parent.Id, path[(slash + 1)..], _nodes.HashOf(path), data, isDataNull, index, stat.Czxid, stat.Ctime));
            node.SetPersisted(stat);
            _dataSize += path.Length;
        }

        _dataSize += data.Length;
        Acls.Use(index);
        if (stat.EphemeralOwner != 0)
            Track(Encoding.UTF8.GetString(path), stat.EphemeralOwner);
        return true;
    }

    /// <summary>Completes loading: quotas are found and lists that nothing uses are dropped.</summary>
    public void EndLoad()
    {
        // Snapshots from before 3.5 have no configuration node.
        if (_protectConfig)
            ProtectConfig();
        Acls.RemoveUnused();
        if (Find(Quota.Root) is { } quota)
            FindQuotas(quota);
    }

    /// <summary>The path of a node that refers to an access control list that is not known, or null. Such a node was half written.</summary>
    public string? FindUnknownAcl()
    {
        foreach (DataNode node in Subtree(Root))
        {
            if (Acls.Find(node.Acl) is null)
                return node.Path;
        }

        return null;
    }

    /// <summary>Re-arms a reconnected client's watches; what changed since its last zxid fires at once. Under the gate.</summary>
    public void SetWatches(in SetWatches2Request request, IWatcher watcher)
    {
        foreach (string path in request.DataWatches)
        {
            if (Find(path) is not { } node)
                watcher.Process(WatchEventType.NodeDeleted, path);
            else if (node.Mzxid > request.RelativeZxid)
                watcher.Process(WatchEventType.NodeDataChanged, path);
            else
                DataWatches.Add(path, watcher);
        }

        foreach (string path in request.ExistWatches)
        {
            if (Find(path) is not null)
                watcher.Process(WatchEventType.NodeCreated, path);
            else
                DataWatches.Add(path, watcher);
        }

        foreach (string path in request.ChildWatches)
        {
            if (Find(path) is not { } node)
                watcher.Process(WatchEventType.NodeDeleted, path);
            else if (node.Pzxid > request.RelativeZxid)
                watcher.Process(WatchEventType.NodeChildrenChanged, path);
            else
                ChildWatches.Add(path, watcher);
        }

        foreach (string path in request.PersistentWatches)
            AddWatch(path, watcher, AddWatchMode.Persistent);
        foreach (string path in request.PersistentRecursiveWatches)
            AddWatch(path, watcher, AddWatchMode.PersistentRecursive);
    }

    /// <summary>Adds a persistent watch. Under the gate.</summary>
    public void AddWatch(string path, IWatcher watcher, AddWatchMode mode)
    {
        if (mode == AddWatchMode.PersistentRecursive)
        {
            // It sees every node below for itself and needs no word of a change among children.
            DataWatches.Add(path, watcher, WatchModes.Recursive);
            return;
        }

        DataWatches.Add(path, watcher, WatchModes.Persistent);
        ChildWatches.Add(path, watcher, WatchModes.Persistent);
    }

    /// <summary>Whether a watch of the kind is set. Under the gate.</summary>
    public bool ContainsWatch(string path, WatcherType type, IWatcher watcher) => type switch
    {
        WatcherType.Children => ChildWatches.Contains(path, watcher, WatchModes.OneShot),
        WatcherType.Data => DataWatches.Contains(path, watcher, WatchModes.OneShot),
        WatcherType.Persistent => DataWatches.Contains(path, watcher, WatchModes.Persistent),
        WatcherType.PersistentRecursive => DataWatches.Contains(path, watcher, WatchModes.Recursive),
        _ => ChildWatches.Contains(path, watcher) || DataWatches.Contains(path, watcher),
    };

    /// <summary>Removes watches of the kind; false when there was none. Under the gate.</summary>
    public bool RemoveWatch(string path, WatcherType type, IWatcher watcher) => type switch
    {
        WatcherType.Children => ChildWatches.Remove(path, watcher, WatchModes.OneShot),
        WatcherType.Data => DataWatches.Remove(path, watcher, WatchModes.OneShot),
        WatcherType.Persistent => ChildWatches.Remove(path, watcher, WatchModes.Persistent)
            | DataWatches.Remove(path, watcher, WatchModes.Persistent),
        WatcherType.PersistentRecursive => DataWatches.Remove(path, watcher, WatchModes.Recursive),
        _ => ChildWatches.Remove(path, watcher) | DataWatches.Remove(path, watcher),
    };

    /// <summary>Forgets a watcher that is gone.</summary>
    public void RemoveWatcher(IWatcher watcher)
    {
        lock (Gate)
        {
            DataWatches.Remove(watcher);
            ChildWatches.Remove(watcher);
        }
    }

    /// <summary>A node and all below it. Without recursion: clients decide how deep a tree is. Under the gate.</summary>
    private static IEnumerable<DataNode> Subtree(DataNode top)
    {
        var stack = new Stack<DataNode>();
        stack.Push(top);
        while (stack.TryPop(out DataNode node))
        {
            yield return node;
            foreach (DataNode child in node)
                stack.Push(child);
        }
    }

    private void ProtectConfig()
    {
        DataNode config = At(_config);
        config.Acl = Acls.Use(Acl.ReadUnsafe);
        config.Extend().Aversion = -1;
    }

    private DataNode At(int id) => new(_nodes, id, _nodes.Node(id).Sequence);

    private int AddInitial(int parent, string path)
    {
        _dataSize += path.Length;
        return _nodes.Add(
            parent, Encoding.UTF8.GetBytes(ZPath.Name(path)), _nodes.HashOf(Encoding.UTF8.GetBytes(path)), default, isDataNull: false,
            AclCache.Open, 0, 0);
    }

    private TxnResult ApplyOne(in TxnHeader header, OpCode type, object? txn)
    {
        var result = new TxnResult { Type = type };
        switch (txn)
        {
            case CreateTxn create:
                Create(ref result, header, create.Path, create.Data, create.Acl, create.Ephemeral ? header.ClientId : 0, create.ParentCVersion);
                break;
            case CreateTtlTxn create:
                Create(ref result, header, create.Path, create.Data, create.Acl, EphemeralOwner.FromTtl(create.Ttl), create.ParentCVersion);
                break;
            case CreateContainerTxn create:
                Create(ref result, header, create.Path, create.Data, create.Acl, EphemeralOwner.Container, create.ParentCVersion);
                break;
            case DeleteTxn delete:
                result.Path = delete.Path;
                result.Error = Delete(delete.Path, header.Zxid);
                break;
            case SetDataTxn set:
                SetData(ref result, header, set);
                break;
            case SetAclTxn set:
                SetAcl(ref result, set);
                break;
            case CheckVersionTxn check:
                result.Path = check.Path;
                break;
            case CloseSessionTxn close:
                KillSession(header, close.PathsToDelete);
                break;
            case ErrorTxn error:
                result.Error = error.Error;
                break;
            case DecodedMulti multi:
                ApplyMulti(ref result, header, multi);
                break;
            case null when type == OpCode.CloseSession:
                KillSession(header, []);
                break;
        }

        return result;
    }

    private void ApplyMulti(ref TxnResult result, in TxnHeader header, DecodedMulti multi)
    {
        result.Multi = new TxnResult[multi.Parts.Length];
        // One part that failed fails them all: what came before it reports 0, what comes after it RuntimeInconsistency.
        int failed = Array.FindIndex(multi.Parts, static part => part.Type == OpCode.Error);
        Volatile.Write(ref _compound, 1);
        for (int i = 0; i < multi.Parts.Length; i++)
        {
            (OpCode type, object txn) = multi.Parts[i];
            result.Multi[i] = failed < 0
                ? ApplyOne(header, type, txn)
                : new TxnResult { Type = OpCode.Error, Error = type == OpCode.Error ? ((ErrorTxn)txn).Error : ErrorCode.Ok };
            if (result.Multi[i].Error != ErrorCode.Ok && result.Error == ErrorCode.Ok)
                result.Error = result.Multi[i].Error;
        }

        Volatile.Write(ref _compound, 0);
    }

    private void Create(
        ref TxnResult result, in TxnHeader header, string path, byte[]? data, IReadOnlyList<Acl>? acl, long owner, int parentCreates)
    {
        result.Path = path;
        string parentPath = ZPath.Parent(path);
        if (Find(parentPath) is not { } parent || path.Length <= 1)
        {
            result.Error = ErrorCode.NoNode;
            return;
        }

        byte[] bytes = Encoding.UTF8.GetBytes(path);
        if (_nodes.TryFind(bytes, out DataNode there))
        {
            // Replayed over a fuzzy snapshot that has the node already: its list may be missing there, and the parent's count behind.
            if (Acls.Find(there.Acl) is null)
                there.Acl = Acls.Use(acl);
            parent.BeginChange();
            CountCreate(parent, parentCreates, header.Zxid);
            parent.EndChange();
            result.Error = ErrorCode.NodeExists;
            return;
        }

        parent.BeginChange();
        CountCreate(parent, parentCreates == -1 ? unchecked(parent.CreateCount + 1) : parentCreates, header.Zxid);
        DataNode node = At(_nodes.Add(
            parent.Id, bytes.AsSpan(bytes.AsSpan().LastIndexOf((byte)'/') + 1), _nodes.HashOf(bytes), data, data is null, Acls.Use(acl),
            header.Zxid, header.Time, owner));
        parent.EndChange();
        if (owner != 0)
            Track(path, owner);
        result.Stat = node.ReadStat();

        if (path.StartsWith(Quota.Root, StringComparison.Ordinal))
            QuotaNodeCreated(parentPath, path);
        int length = data?.Length ?? 0;
        Charge(path, length, 1);
        Volatile.Write(ref _dataSize, _dataSize + bytes.Length + length);
        DataWatches.Trigger(path, WatchEventType.NodeCreated, acl);
        ChildWatches.Trigger(parentPath, WatchEventType.NodeChildrenChanged, Acls.Find(parent.Acl));
    }

    private static void CountCreate(DataNode parent, int creates, long zxid)
    {
        // A snapshot may be ahead of the transaction replayed over it; the difference keeps its sign when the count wraps.
        if (unchecked(creates - parent.CreateCount) > 0)
        {
            ref NodeExtension more = ref parent.Extend();
            more.CreateCount = creates;
            more.Pzxid = zxid;
        }
    }

    private ErrorCode Delete(string path, long zxid)
    {
        string parentPath = ZPath.Parent(path);
        DataNode? parentNode = Find(parentPath);
        if (Find(path) is not { IsRoot: false } node || parentNode is not { } parent)
        {
            // Replayed over a fuzzy snapshot that no longer has it: the parent's last change still counts.
            if (parentNode is { } p && zxid > p.Pzxid)
            {
                p.BeginChange();
                p.Extend().Pzxid = zxid;
                p.EndChange();
            }

            return ErrorCode.NoNode;
        }

        int length = Math.Max(0, node.DataLength);
        long owner = node.EphemeralOwner;
        IReadOnlyList<Acl>? acl = Acls.Find(node.Acl);
        Acls.Release(node.Acl);
        parent.BeginChange();
        _nodes.Remove(node.Id);
        if (zxid > parent.Pzxid)
            parent.Extend().Pzxid = zxid;
        parent.EndChange();
        if (owner != 0)
            Untrack(path, owner);

        if (path.EndsWith("/" + Quota.LimitName, StringComparison.Ordinal) && path.StartsWith(Quota.Root, StringComparison.Ordinal))
        {
            lock (_quotas)
                _quotas.Remove(parentPath[Quota.Root.Length..]);
        }

        Charge(path, -length, -1);
        Volatile.Write(ref _dataSize, _dataSize - Encoding.UTF8.GetByteCount(path) - length);
        var told = ChildWatches.Count > 0 ? new HashSet<IWatcher>() : null;
        DataWatches.Trigger(path, WatchEventType.NodeDeleted, acl, told);
        ChildWatches.Trigger(path, WatchEventType.NodeDeleted, acl, told);
        ChildWatches.Trigger(parentPath, WatchEventType.NodeChildrenChanged, Acls.Find(parent.Acl));
        return ErrorCode.Ok;
    }

    private void SetData(ref TxnResult result, in TxnHeader header, in SetDataTxn set)
    {
        result.Path = set.Path;
        if (Find(set.Path) is not { } node)
        {
            result.Error = ErrorCode.NoNode;
            return;
        }

        int before = Math.Max(0, node.DataLength), after = set.Data?.Length ?? 0;
        node.BeginChange();
        node.SetData(set.Data, set.Data is null);
        ref NodeExtension more = ref node.Extend();
        more.Version = set.Version;
        more.Mzxid = header.Zxid;
        more.Mtime = header.Time;
        node.EndChange();
        result.Stat = node.ReadStat();
        Charge(set.Path, after - before, 0);
        Volatile.Write(ref _dataSize, _dataSize + after - before);
        DataWatches.Trigger(set.Path, WatchEventType.NodeDataChanged, Acls.Find(node.Acl));
    }

    private void SetAcl(ref TxnResult result, in SetAclTxn set)
    {
        result.Path = set.Path;
        if (Find(set.Path) is not { } node)
        {
            result.Error = ErrorCode.NoNode;
            return;
        }

        int index = Acls.Use(set.Acl), before = node.Acl;
        node.BeginChange();
        node.Acl = index;
        node.Extend().Aversion = set.Version;
        node.EndChange();
        Acls.Release(before);
        result.Stat = node.ReadStat();
    }

    private void KillSession(in TxnHeader header, IReadOnlyList<string> paths)
    {
        Volatile.Write(ref _compound, 1);
        // The transaction's list is what the leader saw; anything left is from a log that has no list.
        foreach (string path in paths)
            Delete(path, header.Zxid);
        if (_ephemerals.TryGetValue(header.ClientId, out HashSet<string>? left))
        {
            foreach (string path in left.ToArray())
                Delete(path, header.Zxid);
            _ephemerals.Remove(header.ClientId);
        }

        Volatile.Write(ref _compound, 0);
    }

    private void Track(string path, long owner)
    {
        switch (EphemeralOwner.KindOf(owner, _extendedTypes))
        {
            case EphemeralKind.Container:
                _containers.Add(path);
                break;
            case EphemeralKind.Ttl:
                _ttls.Add(path);
                break;
            case EphemeralKind.Ephemeral:
                if (!_ephemerals.TryGetValue(owner, out HashSet<string>? paths))
                    _ephemerals[owner] = paths = new HashSet<string>(StringComparer.Ordinal);
                if (paths.Add(path))
                    EphemeralCount++;
                break;
        }
    }

    private void Untrack(string path, long owner)
    {
        switch (EphemeralOwner.KindOf(owner, _extendedTypes))
        {
            case EphemeralKind.Container:
                _containers.Remove(path);
                break;
            case EphemeralKind.Ttl:
                _ttls.Remove(path);
                break;
            case EphemeralKind.Ephemeral:
                if (_ephemerals.TryGetValue(owner, out HashSet<string>? paths) && paths.Remove(path))
                {
                    EphemeralCount--;
                    if (paths.Count == 0)
                        _ephemerals.Remove(owner);
                }

                break;
        }
    }

    private void FindQuotas(DataNode top)
    {
        foreach (DataNode node in Subtree(top))
        {
            if (!node.Name.SequenceEqual(LimitName))
                continue;
            string subtree = ZPath.Parent(node.Path)[Quota.Root.Length..];
            if (subtree.Length == 0)
                continue;
            lock (_quotas)
                _quotas.Add(subtree);
            Recount(subtree);
        }
    }

    private void QuotaNodeCreated(string parentPath, string path)
    {
        string subtree = parentPath.Length > Quota.Root.Length ? parentPath[Quota.Root.Length..] : string.Empty;
        if (subtree.Length == 0)
            return;
        if (path.EndsWith("/" + Quota.LimitName, StringComparison.Ordinal))
        {
            lock (_quotas)
                _quotas.Add(subtree);
        }
        else if (path.EndsWith("/" + Quota.StatName, StringComparison.Ordinal))
        {
            Recount(subtree);
        }
    }

    private void Recount(string subtree)
    {
        if (Find(Quota.StatPath(subtree)) is not { } stat)
            return;
        long count = 0, bytes = 0;
        if (Find(subtree) is { } top)
        {
            foreach (DataNode node in Subtree(top))
            {
                count++;
                bytes += Math.Max(0, node.DataLength);
            }
        }

        WriteStat(stat, new StatsTrack(default) { Count = count, Bytes = bytes });
    }

    private void Charge(string path, long bytes, int count)
    {
        if (_quotas.Count == 0 || QuotaFor(path) is not { } prefix || Find(Quota.StatPath(prefix)) is not { } stat)
            return;
        var use = new StatsTrack(stat.Data);
        use.Count += count;
        use.Bytes += bytes;
        WriteStat(stat, use);
    }

    private static void WriteStat(DataNode stat, StatsTrack use)
    {
        stat.BeginChange();
        stat.SetData(use.ToBytes(), isNull: false);
        stat.EndChange();
    }
}
