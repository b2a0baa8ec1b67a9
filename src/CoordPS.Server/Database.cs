using System.Buffers.Binary;
using CoordPS.Protocol;
using CoordPS.Server.Admin;
using CoordPS.Storage;
using Microsoft.Extensions.Logging;

namespace CoordPS.Server;

/// <summary>The tree and the sessions with the files behind them: loads them at the start, and holds the log that appends.</summary>
internal sealed class Database : IDisposable
{
    private const int LockFreeAttempts = 4;

    private readonly DataDirectory _directory;

    private Database(DataDirectory directory, DataTree tree, SessionTable sessions, TxnLog log)
    {
        _directory = directory;
        Tree = tree;
        Sessions = sessions;
        Log = log;
    }

    public DataTree Tree { get; }

    public SessionTable Sessions { get; }

    public TxnLog Log { get; }

    public DataDirectory Directory => _directory;

    /// <summary>
    /// Loads the newest snapshot that is whole, replays the log over it, and cuts the log's torn tail. A server that starts empty gets
    /// a first snapshot, without which Apache's server would not trust the log.
    /// </summary>
    public static Database Open(ServerConfig config, ServerMetrics metrics, ILogger logger)
    {
        DataDirectory directory = DataDirectory.Open(config.DataDir, config.DataLogDir, create: true, logger);
        try
        {
            long start = Environment.TickCount64;
            (DataTree tree, SessionTable sessions, bool found) = LoadSnapshot(directory, config);
            long snapshotZxid = tree.LastProcessedZxid;
            metrics.StartupSnapLoadTime.Record(Environment.TickCount64 - start);
            if (!found)
                directory.CheckStartWithoutSnapshot(config.SnapshotTrustEmpty);
            long replayStart = Environment.TickCount64;
            long replayed = Replay(directory, tree, sessions, logger);
            tree.EndLoad();
            metrics.StartupTxnsLoaded.Record(replayed);
            metrics.StartupTxnsLoadTime.Record(Environment.TickCount64 - replayStart);
            metrics.DbInitTime.Record(Environment.TickCount64 - start);
            if (tree.FindUnknownAcl() is { } path)
            {
                throw new StorageException(
                    $"The snapshot at zxid 0x{snapshotZxid:x} refers to an access control list that neither it nor the log has, at {path}. "
                    + "Files are missing from the data directory; restore them, or start from an older snapshot with its logs.");
            }

            logger.LogInformation(
                "Loaded {Nodes} znodes and {Sessions} sessions: snapshot 0x{Snapshot:x} and {Count} transactions up to 0x{Zxid:x}, in {Time} ms.",
                tree.NodeCount, sessions.Count, snapshotZxid, replayed, tree.LastProcessedZxid, Environment.TickCount64 - start);
            var log = new TxnLog(
                directory.LogPath,
                new TxnLogOptions
                {
                    PreAllocSize = config.PreAllocSize * 1024,
                    ForceSync = config.ForceSync,
                    FsyncWarningThreshold = TimeSpan.FromMilliseconds(config.FsyncWarningThreshold),
                },
                logger,
                tree.LastProcessedZxid);
            var database = new Database(directory, tree, sessions, log);
            if (!found)
                database.WriteSnapshot();
            return database;
        }
        catch
        {
            directory.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Writes a snapshot of the tree as it is while it goes on changing: fuzzy, as Apache's are. What changes meanwhile has a higher
    /// zxid than the snapshot's name and is replayed over it.
    /// </summary>
    /// <returns>The file.</returns>
    public string WriteSnapshot()
    {
        long zxid;
        IReadOnlyCollection<KeyValuePair<long, IReadOnlyList<Acl>>> acls;
        IReadOnlyCollection<(long, int)> sessions;
        lock (Tree.Gate)
        {
            zxid = Tree.LastProcessedZxid;
            acls = [.. Tree.Acls.Lists.Select(static p => KeyValuePair.Create((long)p.Key, p.Value))];
            sessions = Sessions.All;
        }

        using var writer = new SnapshotWriter(_directory.SnapshotPath, zxid);
        writer.Begin(sessions, acls);
        WriteTree(writer, zxid);
        return writer.Complete();
    }

    public void Dispose()
    {
        Log.Dispose();
        _directory.Dispose();
    }

    private static (DataTree Tree, SessionTable Sessions, bool Found) LoadSnapshot(DataDirectory directory, ServerConfig config)
    {
        bool found = directory.TryLoadSnapshot(reader => Load(reader, config), out (DataTree Tree, SessionTable Sessions) loaded, out _);
        return found ? (loaded.Tree, loaded.Sessions, true) : (new DataTree(config.ExtendedTypesEnabled), new SessionTable(), false);
    }

    private static (DataTree Tree, SessionTable Sessions) Load(SnapshotReader reader, ServerConfig config)
    {
        var tree = new DataTree(config.ExtendedTypesEnabled, forLoading: true);
        var sessions = new SessionTable();
        foreach ((long id, int timeout) in reader.Sessions)
            sessions.Add(id, timeout);
        foreach ((long index, IReadOnlyList<Acl> acl) in reader.Acls)
            tree.Acls.Load(index, acl);
        while (reader.ReadNode(out SnapshotNodeSpan node))
        {
            if (!tree.Load(node.Path, node.Data, node.IsDataNull, node.AclId, node.Stat))
                throw new CorruptSnapshotException($"{reader.FileName}: {node.GetPath()} has no parent.");
        }

        tree.SetLastProcessedZxid(reader.Zxid);
        return (tree, sessions);
    }

    private static long Replay(DataDirectory directory, DataTree tree, SessionTable sessions, ILogger logger)
    {
        long count = 0;
        using TxnLogDirectoryReader reader = TxnLogDirectory.Open(
            directory.LogPath, tree.LastProcessedZxid + 1, new TxnLogReadOptions { RequireContinuity = true });
        while (reader.Read())
        {
            DecodedTxn txn = TxnDecoder.Decode(reader.Current.Header, reader.Current.Payload.Span);
            object? record = Decode(txn.Record);
            tree.Apply(txn.Header, record);
            sessions.Apply(txn.Header, record);
            count++;
        }

        foreach (TornTail tail in reader.TornTails)
        {
            logger.LogWarning(
                "Cutting {Length} bytes at the end of {File}, from offset {Offset}: {Reason} The last whole transaction is 0x{Zxid:x}.",
                tail.Length, tail.File, tail.Offset, tail.Reason, tail.LastZxid);
            tail.Cut();
        }

        return count;
    }

    private static object? Decode(object? record) => record is MultiTxn multi
        ? new DecodedMulti([.. multi.Txns!.Select(static part => (part.Type, TxnDecoder.DecodePart(part)))])
        : record;

    /// <summary>
    /// Writes all nodes, parents first, each as it is when its turn comes; one that is gone by then is left out with what was below it.
    /// Without recursion: clients decide how deep a tree is.
    /// </summary>
    private void WriteTree(SnapshotWriter writer, long zxid)
    {
        using var path = new JuteWriter(256);
        using var data = new JuteWriter(1024);
        using var names = new JuteWriter(256);
        var open = new Stack<(byte[] Names, int At, int PathLength)>();
        if (TryWriteNode(writer, path, data, names, zxid))
            open.Push((names.WrittenSpan.ToArray(), 0, 0));
        while (open.TryPop(out (byte[] Names, int At, int PathLength) parent))
        {
            path.Truncate(parent.PathLength);
            if (parent.At == parent.Names.Length)
                continue;
            int size = BinaryPrimitives.ReadInt32BigEndian(parent.Names.AsSpan(parent.At));
            path.Reserve(1)[0] = (byte)'/';
            path.WriteRaw(parent.Names.AsSpan(parent.At + 4, size));
            open.Push(parent with { At = parent.At + 4 + size });
            if (TryWriteNode(writer, path, data, names, zxid) && names.Length > 0)
                open.Push((names.WrittenSpan.ToArray(), 0, path.Length));
        }
    }

    /// <summary>Writes the node at a path and gets its children's names; false when the snapshot is to be without it.</summary>
    private bool TryWriteNode(SnapshotWriter writer, JuteWriter path, JuteWriter data, JuteWriter names, long zxid)
    {
        // What was created since the snapshot began is created again by the replay; its list may not be in the table.
        if (!Copy(path.WrittenSpan, data, names, out bool isDataNull, out int acl, out StatPersisted stat) || stat.Czxid > zxid)
            return false;
        writer.WriteNode(path.WrittenSpan, data.WrittenSpan, isDataNull, acl, stat);
        return true;
    }

    /// <summary>Copies a node and its children's names in one state; a node that keeps changing is copied under the tree's gate.</summary>
    private bool Copy(ReadOnlySpan<byte> path, JuteWriter data, JuteWriter names, out bool isDataNull, out int acl, out StatPersisted stat)
    {
        for (int attempt = 0; attempt < LockFreeAttempts; attempt++)
        {
            if (!TryCopy(path, data, names, out isDataNull, out acl, out stat, out bool unchanged))
                return false;
            if (unchanged)
                return true;
        }

        lock (Tree.Gate)
            return TryCopy(path, data, names, out isDataNull, out acl, out stat, out _);
    }

    private bool TryCopy(
        ReadOnlySpan<byte> path, JuteWriter data, JuteWriter names, out bool isDataNull, out int acl, out StatPersisted stat, out bool unchanged)
    {
        data.Clear();
        names.Clear();
        if (Tree.Find(path.IsEmpty ? "/"u8 : path) is not { } node)
        {
            (isDataNull, acl, stat, unchanged) = (false, 0, default, false);
            return false;
        }

        isDataNull = node.IsDataNull;
        data.WriteRaw(node.Data);
        acl = node.Acl;
        stat = node.ReadPersisted();
        foreach (DataNode child in node)
            names.WriteBuffer(child.Name);
        unchanged = node.IsUnchanged;
        return true;
    }
}
