using CoordPS.Protocol;
using CoordPS.Storage;

namespace CoordPS.Server.Backup;

/// <summary>The tree and the sessions as they were at a zxid, from a snapshot and the log after it.</summary>
internal sealed class RecoveredState
{
    private RecoveredState(DataTree tree, SessionTable sessions) => (Tree, Sessions) = (tree, sessions);

    public DataTree Tree { get; }

    public SessionTable Sessions { get; }

    public long Zxid => Tree.LastProcessedZxid;

    /// <summary>When the leader made the last transaction; null when none came after the snapshot.</summary>
    public DateTimeOffset? Time { get; private set; }

    /// <summary>Recovers the state at a zxid.</summary>
    /// <param name="snapshots">The directory of the snapshots.</param>
    /// <param name="logs">The directory of the logs.</param>
    /// <param name="toZxid">The last transaction to have; null for all there are.</param>
    /// <param name="known">From which zxid on snapshots are exact, of those of which it is known; null for none.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="BackupException">The files have no exact state at that zxid.</exception>
    /// <exception cref="StorageException">A log is damaged or missing.</exception>
    public static RecoveredState Load(
        string snapshots, string logs, long? toZxid, IReadOnlyList<BackupSnapshot>? known, IProgress<BackupProgress>? progress, CancellationToken cancellationToken)
    {
        long? earliest = null;
        StorageException? damage = null;
        foreach (StorageFile file in SnapshotDirectory.FindComplete(snapshots))
        {
            long? exactFrom = known?.FirstOrDefault(s => s.Zxid == file.Zxid)?.ExactFrom;
            if (file.Zxid > toZxid || exactFrom > toZxid)
            {
                earliest = exactFrom ?? file.Zxid;
                continue;
            }

            try
            {
                (RecoveredState state, long? includes) = LoadSnapshot(file, progress, cancellationToken);
                exactFrom ??= includes;
                if (exactFrom > toZxid)
                {
                    earliest = exactFrom;
                    continue;
                }

                DateTimeOffset? next = state.Replay(logs, toZxid, progress, cancellationToken);
                if (exactFrom > state.Zxid)
                {
                    throw new StorageException(
                        $"The log in '{logs}' ends at 0x{state.Zxid:x}, and the snapshot '{file.FullName}' has transactions up to 0x{exactFrom:x}: some are missing.", logs);
                }

                // A snapshot that does not tell what it may have in part surely has nothing that was made after it was complete.
                if (exactFrom is null && next is { } time && time.UtcDateTime <= file.LastWriteTimeUtc)
                {
                    earliest = file.Zxid;
                    continue;
                }

                if (next is null && state.Zxid < toZxid)
                    throw NotCovered(toZxid, $"the log ends at 0x{state.Zxid:x}");
                state.Tree.EndLoad();
                return state;
            }
            catch (CorruptSnapshotException e)
            {
                damage ??= e;
            }
        }

        if (damage is not null)
            throw damage;
        if (earliest is { } first)
            throw NotCovered(toZxid, $"the snapshots are exact from 0x{first:x} on at the earliest, having been written while transactions went on");
        throw new BackupException(BackupFailure.NotABackup, $"There is no snapshot in '{snapshots}'.", "Check the path: a backup, or the data directory of a server.");
    }

    /// <summary>The last transaction before the first that was made after a time.</summary>
    /// <exception cref="BackupException">The logs do not go back to that time.</exception>
    public static long FindZxid(string logs, DateTimeOffset time, CancellationToken cancellationToken)
    {
        long found = 0;
        using TxnLogDirectoryReader reader = TxnLogDirectory.Open(logs);
        while (reader.Read())
        {
            cancellationToken.ThrowIfCancellationRequested();
            DateTimeOffset made = DateTimeOffset.FromUnixTimeMilliseconds(reader.Current.Header.Time);
            if (made <= time)
            {
                found = reader.Current.Zxid;
                continue;
            }

            return found > 0 ? found : throw new BackupException(BackupFailure.PointNotCovered,
                $"The log begins at {made:O}, later than {time:O}.", "Choose a later time, or an older backup.");
        }

        return found > 0 ? found : throw new BackupException(BackupFailure.PointNotCovered,
            $"There is no log in '{logs}' that could tell what was there at {time:O}.", "Restore without a time: all there is.");
    }

    /// <summary>Ends all sessions, and with them their ephemerals.</summary>
    public void EndSessions()
    {
        foreach (long session in Sessions.All.Select(static s => s.Id).Concat(Tree.Ephemerals.Keys).Distinct().ToArray())
        {
            var header = new TxnHeader(session, 0, Zxid, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), OpCode.CloseSession);
            Tree.Apply(header, null);
            Sessions.Apply(header, null);
        }
    }

    private static (RecoveredState State, long? Includes) LoadSnapshot(StorageFile file, IProgress<BackupProgress>? progress, CancellationToken cancellationToken)
    {
        long count = 0;
        using var reader = new SnapshotReader(file.FullName);
        (DataTree tree, SessionTable sessions) = Database.Load(reader, new ServerConfig { DataDir = "", ExtendedTypesEnabled = true }, null, () =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            if ((++count & 0x3ff) == 0)
                progress?.Report(new BackupProgress($"Loading {file.Name}", count, "znodes"));
        });
        return (new RecoveredState(tree, sessions), reader.LastIncludedZxid);
    }

    /// <summary>Replays the log up to a zxid.</summary>
    /// <returns>When the first transaction beyond was made; null when there is none.</returns>
    private DateTimeOffset? Replay(string logs, long? toZxid, IProgress<BackupProgress>? progress, CancellationToken cancellationToken)
    {
        long count = 0;
        using TxnLogDirectoryReader reader = TxnLogDirectory.Open(logs, Zxid + 1, new TxnLogReadOptions { RequireContinuity = true });
        while (reader.Read())
        {
            cancellationToken.ThrowIfCancellationRequested();
            DateTimeOffset made = DateTimeOffset.FromUnixTimeMilliseconds(reader.Current.Header.Time);
            if (reader.Current.Zxid > toZxid)
                return made;
            try
            {
                Database.Apply(reader.Current, Tree, Sessions);
            }
            catch (JuteException e)
            {
                throw new CorruptLogException(reader.Current.File, reader.Current.Offset, $"the record is no transaction: {e.Message.TrimEnd('.')}", Zxid);
            }

            Time = made;
            if ((++count & 0x3ff) == 0)
                progress?.Report(new BackupProgress("Replaying the log", count, "transactions"));
        }

        return null;
    }

    private static BackupException NotCovered(long? zxid, string why) => new(
        BackupFailure.PointNotCovered, $"There is no exact state at 0x{zxid:x}: {why}.", "Choose another zxid (Get-CoordTransaction lists them) or an older backup.");
}
