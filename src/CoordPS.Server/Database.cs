using CoordPS.Protocol;
using CoordPS.Server.Admin;
using CoordPS.Storage;
using CoordPS.Zab;
using Microsoft.Extensions.Logging;

namespace CoordPS.Server;

/// <summary>The tree and the sessions with the files behind them: loads them at the start, and holds the log that appends.</summary>
internal sealed class Database : IDisposable
{
    private readonly DataDirectory _directory;

    private readonly ServerConfig _config;
    private readonly ILogger _logger;

#pragma warning disable CS8618 // The log is opened next.
    private Database(DataDirectory directory, DataTree tree, SessionTable sessions, ServerConfig config, ILogger logger)
#pragma warning restore CS8618
    {
        _directory = directory;
        _config = config;
        _logger = logger;
        Tree = tree;
        Sessions = sessions;
    }

    /// <summary>The tree. A member gets another when its leader sends it a snapshot.</summary>
    public DataTree Tree { get; private set; }

    public SessionTable Sessions { get; private set; }

    /// <summary>The log that appends. A member gets another when its log is truncated.</summary>
    public TxnLog Log { get; private set; }

    /// <summary>On a member of an ensemble: the transactions logged since the snapshot, none of which is applied yet.</summary>
    public IReadOnlyList<ZabProposal> Logged { get; private set; } = [];

    /// <summary>The last transaction on disk at the start, applied or not.</summary>
    public long LastLoggedZxid => Logged.Count > 0 ? Logged[^1].Zxid : Tree.LastProcessedZxid;

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
            List<ZabProposal> logged = [];
            long replayed = config.IsDistributed ? Collect(directory, snapshotZxid, logged, logger) : Replay(directory, tree, sessions, logger);
            if (config.IsDistributed && found && replayed == 0 && LoadBefore(directory, config, snapshotZxid, logger) is { } earlier)
            {
                (tree, sessions, logged) = earlier;
                snapshotZxid = tree.LastProcessedZxid;
                replayed = logged.Count;
            }

            tree.EndLoad();
            metrics.StartupTxnsLoaded.Record(replayed);
            metrics.StartupTxnsLoadTime.Record(Environment.TickCount64 - replayStart);
            metrics.DbInitTime.Record(Environment.TickCount64 - start);
            if (!config.IsDistributed && tree.FindUnknownAcl() is { } path)
            {
                throw new StorageException(
                    $"The snapshot at zxid 0x{snapshotZxid:x} refers to an access control list that neither it nor the log has, at {path}. "
                    + "Files are missing from the data directory; restore them, or start from an older snapshot with its logs.");
            }

            logger.LogInformation(
                "Loaded {Nodes} znodes and {Sessions} sessions: snapshot 0x{Snapshot:x} and {Count} transactions up to 0x{Zxid:x}, in {Time} ms.",
                tree.NodeCount, sessions.Count, snapshotZxid, replayed, tree.LastProcessedZxid, Environment.TickCount64 - start);
            var database = new Database(directory, tree, sessions, config, logger) { Logged = logged };
            database.OpenLog(logged.Count > 0 ? logged[^1].Zxid : tree.LastProcessedZxid);
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
    public string WriteSnapshot() => WriteSnapshot(out _);

    /// <inheritdoc cref="WriteSnapshot()"/>
    /// <param name="zxid">The last transaction that it certainly has.</param>
    public string WriteSnapshot(out long zxid)
    {
        var state = new SnapshotSource(Tree, Sessions);
        zxid = state.Zxid;
        using var writer = new SnapshotWriter(_directory.SnapshotPath, state.Zxid);
        state.WriteTo(writer);
        return writer.Complete();
    }

    /// <summary>Forgets the transactions that were read at the start, once the consensus core has them.</summary>
    public void ForgetLogged() => Logged = [];

    /// <summary>Takes over a snapshot from the leader in memory.</summary>
    public void Replace(DataTree tree, SessionTable sessions) => (Tree, Sessions) = (tree, sessions);

    /// <summary>Drops all that is logged after a zxid. Snapshots that have more are set aside, so that no later start brings it back.</summary>
    /// <exception cref="StorageException">The log can't be changed.</exception>
    public void TruncateLog(long zxid)
    {
        foreach (StorageFile snapshot in _directory.Snapshots.Where(file => file.Zxid > zxid))
        {
            string aside = Path.Combine(_directory.SnapshotPath, $"truncated.{snapshot.Name}");
            _logger.LogWarning("Snapshot {File} has transactions that the ensemble has not: it is kept as {Aside}.", snapshot.FullName, aside);
            File.Move(snapshot.FullName, aside, overwrite: true);
        }

        Log.Roll();
        Log.Dispose();
        if (_directory.Logs.Count > 0)
            TxnLog.Truncate(_directory.LogPath, zxid);
        OpenLog(zxid);
    }

    public void Dispose()
    {
        Log.Dispose();
        _directory.Dispose();
    }

    /// <summary>Loads a snapshot into a tree of its own.</summary>
    /// <param name="reader">The snapshot.</param>
    /// <param name="config">The settings.</param>
    /// <param name="copy">Where to write it as well, or null.</param>
    /// <param name="progress">Called for each znode, or null.</param>
    /// <exception cref="StorageException">It is damaged.</exception>
    public static (DataTree Tree, SessionTable Sessions) Load(SnapshotReader reader, ServerConfig config, SnapshotWriter? copy, Action? progress)
    {
        var tree = new DataTree(config.ExtendedTypesEnabled, forLoading: true);
        var sessions = new SessionTable();
        foreach ((long id, int timeout) in reader.Sessions)
            sessions.Add(id, timeout);
        foreach ((long index, IReadOnlyList<Acl> acl) in reader.Acls)
            tree.Acls.Load(index, acl);
        copy?.Begin([.. reader.Sessions], [.. reader.Acls]);
        while (reader.ReadNode(out SnapshotNodeSpan node))
        {
            if (!tree.Load(node.Path, node.Data, node.IsDataNull, node.AclId, node.Stat))
                throw new CorruptSnapshotException($"{reader.FileName}: {node.GetPath()} has no parent.");
            copy?.WriteNode(node.Path, node.Data, node.IsDataNull, node.AclId, node.Stat);
            progress?.Invoke();
        }

        tree.SetLastProcessedZxid(reader.Zxid);
        return (tree, sessions);
    }

    /// <summary>A logged or proposed transaction as it is applied.</summary>
    /// <exception cref="JuteException">It is none.</exception>
    public static (TxnHeader Header, object? Record) Decode(ReadOnlySpan<byte> entry)
    {
        DecodedTxn txn = TxnDecoder.Decode(entry);
        return (txn.Header, Decode(txn.Record));
    }

    /// <summary>Replays a logged transaction.</summary>
    /// <exception cref="JuteException">It is none.</exception>
    public static void Apply(in TxnLogRecord logged, DataTree tree, SessionTable sessions)
    {
        object? record = Decode(logged.Decode().Record);
        tree.Apply(logged.Header, record);
        sessions.Apply(logged.Header, record);
    }

    private static (DataTree Tree, SessionTable Sessions, bool Found) LoadSnapshot(DataDirectory directory, ServerConfig config)
    {
        bool found = directory.TryLoadSnapshot(reader => Load(reader, config, null, null), out (DataTree Tree, SessionTable Sessions) loaded, out _);
        return found ? (loaded.Tree, loaded.Sessions, true) : (new DataTree(config.ExtendedTypesEnabled), new SessionTable(), false);
    }

    /// <summary>
    /// An older snapshot with the transactions from there to the newest one's. A member of Apache's writes a snapshot of all it has logged when
    /// it is about to lead, before a quorum has agreed: one with nothing after it may have transactions that the ensemble never committed, and
    /// orders truncated. As logged ones they can be.
    /// </summary>
    /// <returns>Null when there is none whose log leads to the newest without a gap; then that is what there is.</returns>
    private static (DataTree Tree, SessionTable Sessions, List<ZabProposal> Logged)? LoadBefore(DataDirectory directory, ServerConfig config, long newest, ILogger logger)
    {
        if (!directory.TryLoadSnapshot(reader => Load(reader, config, null, null), out (DataTree Tree, SessionTable Sessions) earlier, out _, newest))
            return null;
        List<ZabProposal> logged = [];
        try
        {
            Collect(directory, earlier.Tree.LastProcessedZxid, logged, logger);
        }
        catch (StorageException e)
        {
            logger.LogDebug(e, "The log does not lead from snapshot 0x{Earlier:x} to 0x{Newest:x}.", earlier.Tree.LastProcessedZxid, newest);
            return null;
        }

        return logged.Count > 0 && logged[^1].Zxid == newest ? (earlier.Tree, earlier.Sessions, logged) : null;
    }

    private static long Collect(DataDirectory directory, long snapshotZxid, List<ZabProposal> logged, ILogger logger)
    {
        using TxnLogDirectoryReader reader = TxnLogDirectory.Open(
            directory.LogPath, snapshotZxid + 1, new TxnLogReadOptions { RequireContinuity = true });
        while (reader.Read())
            logged.Add(new ZabProposal(reader.Current.Zxid, reader.Current.Entry.ToArray()));
        // Nothing is changed on a disk that contradicts itself.
        CheckEpochs(directory, logged.Count > 0 ? logged[^1].Zxid : snapshotZxid);
        CutTails(reader, logger);
        return logged.Count;
    }

    private static long Replay(DataDirectory directory, DataTree tree, SessionTable sessions, ILogger logger)
    {
        long count = 0;
        using TxnLogDirectoryReader reader = TxnLogDirectory.Open(
            directory.LogPath, tree.LastProcessedZxid + 1, new TxnLogReadOptions { RequireContinuity = true });
        while (reader.Read())
        {
            Apply(reader.Current, tree, sessions);
            count++;
        }

        CutTails(reader, logger);
        return count;
    }

    /// <summary>
    /// Apache's checks of a member's epochs: what it has promised is never behind what it has taken part in, nor that behind its log.
    /// </summary>
    private static void CheckEpochs(DataDirectory directory, long lastZxid)
    {
        const string Remedy = "Restore the file from a backup, or move what is in the data directory but myid elsewhere: the member then copies from the others.";
        long? accepted = directory.ReadAcceptedEpoch(), current = directory.ReadCurrentEpoch();
        string file = directory.AcceptedEpochPath;
        if (accepted is null && current is { } known && known > Zxid.Epoch(lastZxid))
        {
            throw new StorageException(
                $"'{file}' is missing, and '{directory.CurrentEpochPath}' holds {known}: this member can't know what it has promised. {Remedy}", file);
        }

        if (accepted is not { } promised)
            return;
        if (current > promised)
            throw new StorageException($"The accepted epoch, {promised} in '{file}', is less than the current epoch, {current} in '{directory.CurrentEpochPath}'. {Remedy}", file);
        if (Zxid.Epoch(lastZxid) > promised)
            throw new StorageException($"The accepted epoch, {promised} in '{file}', is less than that of the last transaction, 0x{lastZxid:x} in '{directory.LogPath}'. {Remedy}", file);
    }

    private static void CutTails(TxnLogDirectoryReader reader, ILogger logger)
    {
        foreach (TornTail tail in reader.TornTails)
        {
            logger.LogWarning(
                "Cutting {Length} bytes at the end of {File}, from offset {Offset}: {Reason} The last whole transaction is 0x{Zxid:x}.",
                tail.Length, tail.File, tail.Offset, tail.Reason, tail.LastZxid);
            tail.Cut();
        }
    }

    private void OpenLog(long lastZxid) => Log = new TxnLog(
        _directory.LogPath,
        new TxnLogOptions
        {
            PreAllocSize = _config.PreAllocSize * 1024,
            ForceSync = _config.ForceSync,
            FsyncWarningThreshold = TimeSpan.FromMilliseconds(_config.FsyncWarningThreshold),
        },
        _logger,
        lastZxid);

    private static object? Decode(object? record) => record is MultiTxn multi
        ? new DecodedMulti([.. multi.Txns!.Select(static part => (part.Type, TxnDecoder.DecodePart(part)))])
        : record;
}
