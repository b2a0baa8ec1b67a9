using System.Globalization;
using System.Security.Cryptography;
using CoordPS.Storage;

namespace CoordPS.Server.Backup;

/// <summary>Takes backups: folders that Apache's server and ours can start from, each with a <see cref="BackupManifest"/>.</summary>
public static class EnsembleBackup
{
    /// <summary>
    /// Takes a backup, or brings the one in the folder up to date: then its log goes on, and it can be restored to any zxid that it has
    /// ever covered. What was copied is replayed before it counts. The folder gets its name, or what was added, at the end only.
    /// </summary>
    /// <param name="source">What to back up.</param>
    /// <param name="folder">The backup's folder: a new or empty one, or a backup of the same source.</param>
    /// <param name="replace">Whether to take a whole new backup in place of the one in the folder.</param>
    /// <param name="progress">Told how far it is; null for nobody.</param>
    /// <param name="cancellationToken">Ends it; nothing is left behind.</param>
    /// <returns>What the backup holds.</returns>
    /// <exception cref="BackupException">It failed; the message says why and what to do.</exception>
    public static Task<BackupManifest> TakeAsync(
        BackupSource source, string folder, bool replace = false, IProgress<BackupProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentException.ThrowIfNullOrEmpty(folder);
        folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        return Task.Run(() =>
        {
            try
            {
                bool exists = BackupManifest.Exists(folder);
                if (!exists && (File.Exists(folder) || (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())))
                {
                    throw new BackupException(BackupFailure.TargetExists, $"'{folder}' exists and is no backup.",
                        "Give a folder that is new or empty, or that holds a backup of the same ensemble, to be brought up to date.");
                }

                return exists && !replace ? Extend(source, folder, progress, cancellationToken) : Create(source, folder, progress, cancellationToken);
            }
            catch (Exception e) when (e is StorageException or IOException or UnauthorizedAccessException && e is not BackupException)
            {
                throw new BackupException(BackupFailure.TargetUnusable, $"The backup in '{folder}' failed: {e.Message}",
                    "Check the disk, its free space and the folder's permissions.", e);
            }
        }, cancellationToken);
    }

    /// <summary>Checks that a backup's files are those that were written.</summary>
    /// <param name="folder">The backup.</param>
    /// <param name="progress">Told how far it is; null for nobody.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>What the backup holds.</returns>
    /// <exception cref="BackupException">A file is missing or damaged, or the folder is no backup.</exception>
    public static Task<BackupManifest> VerifyAsync(string folder, IProgress<BackupProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        return Task.Run(() => Verify(Path.GetFullPath(folder), progress, cancellationToken), cancellationToken);
    }

    internal static BackupManifest Verify(string folder, IProgress<BackupProgress>? progress, CancellationToken cancellationToken)
    {
        BackupManifest manifest = BackupManifest.Read(folder);
        for (int i = 0; i < manifest.Files.Count; i++)
        {
            BackupFile expected = manifest.Files[i];
            progress?.Report(new BackupProgress("Checking", i, "files"));
            BackupFile actual;
            try
            {
                actual = Describe(folder, expected.Path, cancellationToken);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw Damaged(folder, $"'{expected.Path}' can't be read: {e.Message}", e);
            }

            if (actual.Length != expected.Length)
                throw Damaged(folder, $"'{expected.Path}' has {actual.Length} bytes and had {expected.Length}.");
            if (actual.Sha256 != expected.Sha256)
                throw Damaged(folder, $"'{expected.Path}' has other contents than when it was written.");
        }

        return manifest;
    }

    private static BackupManifest Create(BackupSource source, string folder, IProgress<BackupProgress>? progress, CancellationToken cancellationToken)
    {
        string parent = Path.GetDirectoryName(folder)
            ?? throw new BackupException(BackupFailure.TargetUnusable, $"'{folder}' can't be a backup's folder.", "Give a folder below it.");
        Directory.CreateDirectory(parent);
        string partial = Sibling(folder, "partial");
        try
        {
            string files = Directory.CreateDirectory(Path.Combine(partial, DataDirectory.VersionDirectory)).FullName;
            DateTimeOffset now = DateTimeOffset.UtcNow;
            using var writer = new BackupWriter(files, 0, null, progress);
            source.CopyTo(writer, cancellationToken);
            writer.Complete();
            BackupManifest manifest = Finish(partial, writer, [], new BackupManifest
            {
                Source = source.Description, Created = now, Updated = now, FirstZxid = 0, LastZxid = 0, Snapshots = [], Files = [],
            }, progress, cancellationToken);
            Publish(partial, folder);
            return manifest;
        }
        finally
        {
            if (Directory.Exists(partial))
                Directory.Delete(partial, recursive: true);
        }
    }

    private static BackupManifest Extend(BackupSource source, string folder, IProgress<BackupProgress>? progress, CancellationToken cancellationToken)
    {
        using DataDirectory directory = Lock(folder);
        BackupManifest manifest = Verify(folder, progress, cancellationToken);
        // What an update that did not come to its end has left.
        foreach (string file in Directory.EnumerateFiles(directory.SnapshotPath).Where(f => !IsListed(manifest, f) && Path.GetFileName(f) != DataDirectory.LockFileName))
            File.Delete(file);
        string partial = Path.Combine(folder, "partial-" + Suffix());
        List<string> added = [];
        try
        {
            Directory.CreateDirectory(partial);
            DateTimeOffset now = DateTimeOffset.UtcNow;
            using var writer = new BackupWriter(partial, manifest.LastZxid, LastEntry(directory.LogPath, manifest.LastZxid), progress);
            source.CopyTo(writer, cancellationToken);
            writer.Complete();
            foreach (string file in Directory.EnumerateFiles(partial))
            {
                string name = Path.Combine(directory.SnapshotPath, Path.GetFileName(file));
                File.Move(file, name);
                added.Add(name);
            }

            manifest = Finish(folder, writer, manifest.Snapshots, manifest with { Source = source.Description, Updated = now }, progress, cancellationToken);
            added.Clear();
            return manifest;
        }
        finally
        {
            Directory.Delete(partial, recursive: true);
            foreach (string file in added)
                File.Delete(file);
        }
    }

    /// <summary>Replays what is there, which shows that it can be restored, and writes down what it is.</summary>
    private static BackupManifest Finish(
        string folder, BackupWriter writer, IReadOnlyList<BackupSnapshot> earlier, BackupManifest manifest, IProgress<BackupProgress>? progress, CancellationToken cancellationToken)
    {
        string version = Path.Combine(folder, DataDirectory.VersionDirectory);
        manifest = manifest with
        {
            LastZxid = writer.LastZxid,
            LastTime = writer.LastTime ?? (writer.LastZxid == manifest.LastZxid ? manifest.LastTime : null),
            Epoch = writer.Epoch,
            Configuration = writer.Configuration,
            Snapshots = [.. earlier.Where(s => !writer.Snapshots.Any(n => n.Zxid == s.Zxid)), .. writer.Snapshots],
        };
        RecoveredState state;
        try
        {
            state = RecoveredState.Load(version, version, manifest.LastZxid, manifest.Snapshots, progress, cancellationToken);
            if (state.Tree.FindUnknownAcl() is { } path)
                throw new StorageException($"{path} has an access control list that neither the snapshot nor the log has.");
        }
        catch (StorageException e)
        {
            throw new BackupException(BackupFailure.SourceUnusable, $"What was copied can't be replayed: {e.Message}", "Back up another member, or to a new folder.", e);
        }

        long epoch = Math.Max(writer.Epoch, manifest.LastZxid >>> 32);
        DataDirectory.WriteEpochs(version, epoch);
        manifest = manifest with
        {
            FirstZxid = manifest.Snapshots.Min(static s => s.ExactFrom),
            ZNodeCount = state.Tree.NodeCount,
            SessionCount = state.Sessions.Count,
            Files = [.. Directory.EnumerateFiles(version).Where(static f => Path.GetFileName(f) != DataDirectory.LockFileName).Order(StringComparer.Ordinal)
                .Select(f => Describe(folder, $"{DataDirectory.VersionDirectory}/{Path.GetFileName(f)}", cancellationToken))],
        };
        cancellationToken.ThrowIfCancellationRequested();
        manifest.Write(folder);
        return manifest;
    }

    private static void Publish(string partial, string folder)
    {
        if (!BackupManifest.Exists(folder))
        {
            if (Directory.Exists(folder))
                Directory.Delete(folder);
            Directory.Move(partial, folder);
            return;
        }

        string old = Sibling(folder, "old");
        Directory.Move(folder, old);
        try
        {
            Directory.Move(partial, folder);
        }
        catch
        {
            Directory.Move(old, folder);
            throw;
        }

        Directory.Delete(old, recursive: true);
    }

    private static DataDirectory Lock(string folder)
    {
        try
        {
            return DataDirectory.Open(folder, create: false);
        }
        catch (StorageException e)
        {
            throw new BackupException(BackupFailure.TargetInUse, $"The backup in '{folder}' can't be brought up to date: {e.Message}",
                "Wait for the other one to end; never start a server in a backup, but restore it.", e);
        }
    }

    private static byte[]? LastEntry(string logs, long zxid)
    {
        using TxnLogDirectoryReader reader = TxnLogDirectory.Open(logs, zxid);
        return reader.Read() && reader.Current.Zxid == zxid ? reader.Current.Entry.ToArray() : null;
    }

    private static bool IsListed(BackupManifest manifest, string file) =>
        manifest.Files.Any(f => f.Path == $"{DataDirectory.VersionDirectory}/{Path.GetFileName(file)}");

    private static BackupFile Describe(string folder, string path, CancellationToken cancellationToken)
    {
        using FileStream stream = File.OpenRead(Path.Combine(folder, path));
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[128 * 1024];
        int read;
        while ((read = stream.Read(buffer)) > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            hash.AppendData(buffer, 0, read);
        }

        return new BackupFile(path, stream.Length, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    private static string Sibling(string folder, string what) => $"{folder}.{what}-{Suffix()}";

    private static string Suffix() => Guid.NewGuid().ToString("n", CultureInfo.InvariantCulture)[..8];

    private static BackupException Damaged(string folder, string what, Exception? inner = null) => new(
        BackupFailure.Damaged, $"The backup in '{folder}' is damaged: {what}", "Use another backup, or take a new one.", inner);
}
