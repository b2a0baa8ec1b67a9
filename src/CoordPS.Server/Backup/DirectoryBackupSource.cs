using CoordPS.Storage;
using Microsoft.Extensions.Logging;

namespace CoordPS.Server.Backup;

/// <summary>Copies a server's files beside it.</summary>
internal sealed class DirectoryBackupSource(string dataDir, string? dataLogDir, ILogger logger) : BackupSource
{
    private readonly string _snapshots = Path.GetFullPath(StoragePath.VersionDirectory(dataDir));
    private readonly string _logs = Path.GetFullPath(StoragePath.VersionDirectory(dataLogDir ?? dataDir));

    public override string Description => Path.GetFullPath(dataDir);

    internal override void CopyTo(BackupWriter writer, CancellationToken cancellationToken)
    {
        try
        {
            if (!GoesOn(writer))
                CopySnapshot(writer, cancellationToken);
            CopyLog(writer, cancellationToken);
            using DataDirectory directory = DataDirectory.OpenReadOnly(ParentOf(_snapshots));
            writer.Epoch = Math.Max(directory.ReadAcceptedEpoch() ?? 0, directory.ReadCurrentEpoch() ?? 0);
        }
        catch (StorageException e)
        {
            throw new BackupException(BackupFailure.SourceUnusable, $"'{Description}' can't be backed up: {e.Message}",
                "Repair it, or back up another member.", e);
        }
    }

    /// <summary>Whether the log has the backup's last transaction, the very same, so that it is enough to add what comes after it.</summary>
    private bool GoesOn(BackupWriter writer)
    {
        if (writer.LastEntry is not { } last)
            return false;
        using TxnLogDirectoryReader reader = TxnLogDirectory.Open(_logs, writer.LastZxid);
        if (!reader.Read() || reader.Current.Zxid != writer.LastZxid)
            return false;
        if (reader.Current.Entry.Span.SequenceEqual(last))
            return true;
        throw new BackupException(BackupFailure.Diverged,
            $"Transaction 0x{writer.LastZxid:x} is another one in the backup than in '{Description}', which has been restored since, or is of another ensemble.",
            "Back up to a new folder.");
    }

    private void CopySnapshot(BackupWriter writer, CancellationToken cancellationToken)
    {
        bool copied = SnapshotDirectory.TryLoad(_snapshots, reader =>
        {
            writer.CopySnapshot(reader, cancellationToken);
            return true;
        }, out _, out StorageFile? file, logger);
        if (!copied)
            throw new StorageException($"There is no snapshot in '{_snapshots}'. Check that it is the data directory of a ZooKeeper server.", _snapshots);
        logger.LogInformation("Copied {File}.", file!.FullName);
    }

    private void CopyLog(BackupWriter writer, CancellationToken cancellationToken)
    {
        using TxnLogDirectoryReader reader = TxnLogDirectory.Open(_logs, writer.LastZxid + 1, new TxnLogReadOptions { RequireContinuity = true });
        while (reader.Read())
        {
            cancellationToken.ThrowIfCancellationRequested();
            writer.Append(reader.Current.Zxid, reader.Current.Entry.Span);
        }

        // Of a server that runs it is what it is just writing.
        foreach (TornTail tail in reader.TornTails)
            logger.LogInformation("Left out {Length} bytes at the end of {File}: {Reason}.", tail.Length, tail.File, tail.Reason);
    }

    private static string ParentOf(string versionDirectory) =>
        Path.GetFileName(versionDirectory) == DataDirectory.VersionDirectory ? Path.GetDirectoryName(versionDirectory)! : versionDirectory;
}
