using CoordPS.Protocol;
using CoordPS.Storage;

namespace CoordPS.Server.Backup;

/// <summary>Takes what a source copies, a snapshot or a log that goes on where the backup ends, into files of a folder.</summary>
internal sealed class BackupWriter : IDisposable
{
    private readonly List<BackupSnapshot> _snapshots = [];
    private readonly IProgress<BackupProgress>? _progress;
    private TxnLog _log;
    private long _snapshotZxid = -1;
    private long _transactions;

    /// <param name="folder">An existing folder, to hold the new files only.</param>
    /// <param name="lastZxid">The last transaction that the backup has already; 0 when it has nothing.</param>
    /// <param name="lastEntry">That transaction, if it is in the backup's log.</param>
    /// <param name="progress">Told how far it is.</param>
    public BackupWriter(string folder, long lastZxid, byte[]? lastEntry, IProgress<BackupProgress>? progress)
    {
        Folder = folder;
        LastZxid = lastZxid;
        LastEntry = lastEntry;
        _progress = progress;
        _log = OpenLog();
    }

    public string Folder { get; }

    public long LastZxid { get; private set; }

    /// <summary>The transaction of <see cref="LastZxid"/> before anything was added; null when it is not known.</summary>
    public byte[]? LastEntry { get; }

    public DateTimeOffset? LastTime { get; private set; }

    public long Epoch { get; set; }

    public string? Configuration { get; set; }

    /// <summary>The new snapshots.</summary>
    public IReadOnlyList<BackupSnapshot> Snapshots => _snapshots;

    public bool IsEmpty => _transactions == 0 && _snapshotZxid < 0 && _snapshots.Count == 0;

    /// <summary>Adds a snapshot, after which the log goes on.</summary>
    public void CopySnapshot(SnapshotReader reader, CancellationToken cancellationToken)
    {
        if (reader.Zxid < LastZxid)
        {
            throw new BackupException(BackupFailure.Diverged,
                $"The backup ends at 0x{LastZxid:x}, and the newest snapshot to go on with is at 0x{reader.Zxid:x}: the source has been restored since, or is another one.",
                "Back up to a new folder.");
        }

        using var writer = new SnapshotWriter(Folder, reader.Zxid);
        writer.CopyFrom(reader, count => Report("Copying the snapshot", count, "znodes"), cancellationToken);
        BeginAt(reader.Zxid);
        // What it tells of its last transaction is no less than what the log has to reach.
        MustReach = Math.Max(MustReach, reader.LastIncludedZxid ?? 0);
    }

    /// <summary>Adds the snapshot of an empty tree: what a log from the first transaction on begins with.</summary>
    public void WriteEmptySnapshot()
    {
        var tree = new DataTree(extendedTypes: true);
        using var writer = new SnapshotWriter(Folder, 0);
        new SnapshotSource(tree, new SessionTable()).WriteTo(writer);
        writer.Complete();
        BeginAt(0);
    }

    /// <summary>The zxid that the log has to reach at least; one that ends before it has transactions missing.</summary>
    public long MustReach { get; private set; }

    /// <summary>Adds a committed transaction. One that the backup has already is passed over.</summary>
    public void Append(long zxid, ReadOnlySpan<byte> entry)
    {
        if (zxid <= LastZxid)
            return;
        var reader = new JuteReader(entry);
        TxnHeader header = TxnHeader.Read(ref reader);
        if (header.Zxid != zxid)
            throw new JuteException($"Transaction 0x{zxid:x} came with a header of 0x{header.Zxid:x}.");
        _log.Append(zxid, entry);
        LastZxid = zxid;
        LastTime = DateTimeOffset.FromUnixTimeMilliseconds(header.Time);
        Report("Copying the log", ++_transactions, "transactions");
    }

    /// <summary>Makes all of it durable. The snapshot is exact from the end of what was copied with it.</summary>
    public void Complete()
    {
        // Closed, too: Windows renames no folder with an open file.
        _log.Roll();
        if (LastZxid < MustReach)
        {
            throw new BackupException(BackupFailure.SourceUnusable,
                $"The log ends at 0x{LastZxid:x}, and the snapshot has transactions up to 0x{MustReach:x}: some are missing.",
                "Try again; if it stays so, log files were lost: back up another member.");
        }

        if (_snapshotZxid >= 0)
            _snapshots.Add(new BackupSnapshot(_snapshotZxid, LastZxid));
        _snapshotZxid = -1;
    }

    public void Dispose() => _log.Dispose();

    private void BeginAt(long zxid)
    {
        _log.Dispose();
        _snapshotZxid = zxid;
        LastZxid = zxid;
        LastTime = null;
        _log = OpenLog();
    }

    private TxnLog OpenLog() => new(Folder, new TxnLogOptions { PreAllocSize = 0 }, null, LastZxid);

    private void Report(string step, long count, string unit)
    {
        if ((count & 0x3ff) == 0)
            _progress?.Report(new BackupProgress(step, count, unit));
    }
}
