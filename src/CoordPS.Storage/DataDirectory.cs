using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace CoordPS.Storage;

/// <summary>
/// A member's files as Apache lays them out (its <c>FileTxnSnapLog</c>): snapshots and epochs in <c>dataDir/version-2</c>, logs in
/// <c>dataLogDir/version-2</c>, which is the same directory unless <c>dataLogDir</c> is set.
/// </summary>
public sealed class DataDirectory : IDisposable
{
    /// <summary>The name of the directories that hold the files.</summary>
    public const string VersionDirectory = "version-2";

    /// <summary>The fewest snapshots that <see cref="Purge"/> keeps.</summary>
    public const int MinimumSnapRetainCount = 3;

    /// <summary>The name of the file that is locked in each directory that a server uses.</summary>
    public const string LockFileName = "coordps.lock";

    private const string InitializeFile = "initialize";
    private const string AcceptedEpochFile = "acceptedEpoch";
    private const string CurrentEpochFile = "currentEpoch";
    internal const string MyIdFile = "myid";

    private readonly ILogger _logger;
    private readonly List<FileStream> _locks = [];

    private DataDirectory(string dataDir, string? dataLogDir, ILogger? logger)
    {
        ArgumentException.ThrowIfNullOrEmpty(dataDir);
        DataDir = Path.GetFullPath(dataDir);
        DataLogDir = string.IsNullOrEmpty(dataLogDir) ? DataDir : Path.GetFullPath(dataLogDir);
        SnapshotPath = Path.Combine(DataDir, VersionDirectory);
        LogPath = Path.Combine(DataLogDir, VersionDirectory);
        _logger = logger ?? NullLogger.Instance;
    }

    /// <summary>Full path of <c>dataDir</c>.</summary>
    public string DataDir { get; }

    /// <summary>Full path of <c>dataLogDir</c>; that of <c>dataDir</c> when not set.</summary>
    public string DataLogDir { get; }

    /// <summary>Full path of the directory that holds the snapshots.</summary>
    public string SnapshotPath { get; }

    /// <summary>Full path of the directory that holds the transaction logs.</summary>
    public string LogPath { get; }

    /// <summary>Full path of the file with the accepted epoch.</summary>
    public string AcceptedEpochPath => Path.Combine(SnapshotPath, AcceptedEpochFile);

    /// <summary>Full path of the file with the current epoch.</summary>
    public string CurrentEpochPath => Path.Combine(SnapshotPath, CurrentEpochFile);

    /// <summary>The transaction logs, oldest first.</summary>
    /// <exception cref="StorageException">The directory can't be listed.</exception>
    public IReadOnlyList<StorageFile> Logs => TxnLogDirectory.Files(LogPath);

    /// <summary>The snapshots, oldest first, valid or not.</summary>
    /// <exception cref="StorageException">The directory can't be listed.</exception>
    public IReadOnlyList<StorageFile> Snapshots => SnapshotDirectory.Files(SnapshotPath);

    /// <summary>
    /// Opens the directories for a server. They are locked against a second one until disposed or the process ends, by a file that
    /// Apache ignores; snapshots that a crash left unfinished are removed.
    /// </summary>
    /// <param name="dataDir">Where snapshots go.</param>
    /// <param name="dataLogDir">Where logs go; null or empty for <paramref name="dataDir"/>.</param>
    /// <param name="create">Whether to create what is missing (<c>zookeeper.datadir.autocreate</c>).</param>
    /// <param name="logger">Told of what is removed or passed over.</param>
    /// <exception cref="StorageException">A directory is missing, a file, not writable, in use, or holds the other's files.</exception>
    public static DataDirectory Open(string dataDir, string? dataLogDir = null, bool create = true, ILogger? logger = null)
    {
        var directory = new DataDirectory(dataDir, dataLogDir, logger);
        try
        {
            directory.Prepare(directory.SnapshotPath, "dataDir", create);
            if (directory.LogPath != directory.SnapshotPath)
            {
                directory.Prepare(directory.LogPath, "dataLogDir", create);
                if (directory.LogPath is var logs && SnapshotDirectory.Files(logs).Count > 0)
                    throw new StorageException($"The log directory '{logs}' has snapshots. Check that dataDir and dataLogDir are not swapped.", logs);
                if (directory.SnapshotPath is var snapshots && TxnLogDirectory.Files(snapshots).Count > 0)
                {
                    throw new StorageException(
                        $"The snapshot directory '{snapshots}' has transaction logs. Move them to '{directory.LogPath}', or unset dataLogDir.", snapshots);
                }
            }

            foreach (string file in Directory.EnumerateFiles(directory.SnapshotPath, SnapshotWriter.TemporaryPrefix + "*"))
            {
                directory._logger.LogInformation("Removing unfinished snapshot {File}.", file);
                File.Delete(file);
            }

            return directory;
        }
        catch (Exception e) when (TxnLog.IsIoFailure(e))
        {
            directory.Dispose();
            throw e as StorageException
                ?? new StorageException($"Can't use data directory '{dataDir}': {e.Message} Check its permissions.", dataDir, e);
        }
    }

    /// <summary>Opens the directories for reading, whether a server uses them or not. Nothing is created, locked or checked.</summary>
    /// <param name="dataDir">Where the snapshots are.</param>
    /// <param name="dataLogDir">Where the logs are; null or empty for <paramref name="dataDir"/>.</param>
    public static DataDirectory OpenReadOnly(string dataDir, string? dataLogDir = null) => new(dataDir, dataLogDir, null);

    /// <summary>Loads the newest valid snapshot; see <see cref="SnapshotDirectory.TryLoad"/>.</summary>
    /// <exception cref="StorageException">There are snapshots, and none is valid.</exception>
    public bool TryLoadSnapshot<T>(Func<SnapshotReader, T> load, [MaybeNullWhen(false)] out T value, [NotNullWhen(true)] out StorageFile? file,
        long before = long.MaxValue) =>
        SnapshotDirectory.TryLoad(SnapshotPath, load, out value, out file, _logger, before);

    /// <summary>
    /// Apache's rule for a start without a snapshot: when there are transactions logged, something is missing, and the member
    /// stops; only directories from before 3.5 may be like that.
    /// </summary>
    /// <param name="trustEmptySnapshot"><c>snapshot.trust.empty</c>: log a warning and go on.</param>
    /// <exception cref="StorageException">There are logged transactions, and <paramref name="trustEmptySnapshot"/> is false.</exception>
    public void CheckStartWithoutSnapshot(bool trustEmptySnapshot)
    {
        using TxnLogDirectoryReader logs = TxnLogDirectory.Open(LogPath);
        if (!logs.Read())
            return;
        if (!trustEmptySnapshot)
        {
            throw new StorageException(
                $"There are transactions in '{LogPath}' and no snapshot in '{SnapshotPath}': something is missing. Check dataDir, or restore a "
                + "snapshot from a backup. Only after an upgrade from a server before 3.5, start once with snapshot.trust.empty=true.", SnapshotPath);
        }

        _logger.LogWarning("No snapshot found in {Path}, but there are transactions in {Logs}. This should only be so after an upgrade.", SnapshotPath, LogPath);
    }

    /// <summary>
    /// Removes the <c>initialize</c> file of <c>dataLogDir</c>, by which an operator says that an empty database is meant to be.
    /// </summary>
    /// <returns>Whether it was there.</returns>
    /// <exception cref="StorageException">It can't be removed.</exception>
    public bool TakeInitializeFile()
    {
        string file = Path.Combine(DataLogDir, InitializeFile);
        try
        {
            if (!File.Exists(file))
                return false;
            File.Delete(file);
            return true;
        }
        catch (Exception e) when (TxnLog.IsIoFailure(e))
        {
            throw new StorageException($"Can't remove '{file}': {e.Message} Check its permissions.", file, e);
        }
    }

    /// <summary>
    /// Deletes old files by the rule of Apache's <c>PurgeTxnLog</c>: the newest complete snapshots stay, and every log that may hold a
    /// transaction since the oldest of them; older snapshots and logs go. A file that can't be deleted is logged and left for the next time.
    /// </summary>
    /// <param name="snapRetainCount">Snapshots to keep; at least <see cref="MinimumSnapRetainCount"/>.</param>
    /// <returns>The files deleted, oldest first.</returns>
    /// <exception cref="StorageException">A directory can't be listed.</exception>
    public IReadOnlyList<StorageFile> Purge(int snapRetainCount)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(snapRetainCount, MinimumSnapRetainCount);
        IReadOnlyList<StorageFile> kept = SnapshotDirectory.FindComplete(SnapshotPath, snapRetainCount, _logger);
        if (kept.Count == 0)
            return [];
        long oldest = kept[^1].Zxid;
        IReadOnlyList<StorageFile> logs = Logs;
        var deleted = new List<StorageFile>();
        foreach (StorageFile file in logs.Take(TxnLogDirectory.FirstNeeded(logs, oldest)).Concat(Snapshots.Where(snapshot => snapshot.Zxid < oldest)))
        {
            try
            {
                File.Delete(file.FullName);
                _logger.LogInformation("Removing file: {File}", file.FullName);
                deleted.Add(file);
            }
            catch (Exception e) when (TxnLog.IsIoFailure(e))
            {
                _logger.LogWarning(e, "Can't remove {File}; it is tried again at the next purge.", file.FullName);
            }
        }

        return deleted;
    }

    /// <summary>The last epoch this member has accepted from a leader; null when it never has.</summary>
    /// <exception cref="StorageException">The file can't be read or has no number.</exception>
    public long? ReadAcceptedEpoch() => ReadNumber(AcceptedEpochPath);

    /// <summary>Replaces the accepted epoch; durable on return.</summary>
    /// <exception cref="StorageException">The file can't be written.</exception>
    public void WriteAcceptedEpoch(long epoch) => WriteNumber(AcceptedEpochPath, epoch);

    /// <summary>The last epoch this member has followed or led in; null when it never has.</summary>
    /// <exception cref="StorageException">The file can't be read or has no number.</exception>
    public long? ReadCurrentEpoch() => ReadNumber(CurrentEpochPath);

    /// <summary>Replaces the current epoch; durable on return.</summary>
    /// <exception cref="StorageException">The file can't be written.</exception>
    public void WriteCurrentEpoch(long epoch) => WriteNumber(CurrentEpochPath, epoch);

    /// <summary>Writes both epochs into a directory that is not in use yet.</summary>
    /// <param name="versionDirectory">The directory.</param>
    /// <param name="epoch">The epoch.</param>
    /// <exception cref="StorageException">A file can't be written.</exception>
    public static void WriteEpochs(string versionDirectory, long epoch)
    {
        ArgumentException.ThrowIfNullOrEmpty(versionDirectory);
        WriteNumber(Path.Combine(versionDirectory, AcceptedEpochFile), epoch);
        WriteNumber(Path.Combine(versionDirectory, CurrentEpochFile), epoch);
    }

    /// <summary>The member's id from <c>dataDir/myid</c>; null when there is no such file, as a standalone server needs none.</summary>
    /// <exception cref="StorageException">The file can't be read or has no number.</exception>
    public long? ReadMyId() => ReadNumber(Path.Combine(DataDir, MyIdFile));

    /// <summary>Releases the directories.</summary>
    public void Dispose()
    {
        foreach (FileStream file in _locks)
            file.Dispose();
        _locks.Clear();
    }

    private void Prepare(string path, string setting, bool create)
    {
        try
        {
            if (!Directory.Exists(path))
            {
                if (File.Exists(path) || File.Exists(Path.GetDirectoryName(path)))
                    throw new StorageException($"'{path}' can't be a directory: it, or the directory it would be in, is a file. Correct {setting}.", path);
                if (!create)
                    throw new StorageException($"Directory '{path}' is missing, and creating it is turned off (datadir.autocreate). Create it, or correct {setting}.", path);
                Directory.CreateDirectory(path);
            }
        }
        catch (Exception e) when (TxnLog.IsIoFailure(e) && e is not StorageException)
        {
            throw new StorageException($"Can't create directory '{path}': {e.Message} Check {setting} and its permissions.", path, e);
        }

        string file = Path.Combine(path, LockFileName);
        try
        {
            _locks.Add(new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose));
        }
        catch (UnauthorizedAccessException e)
        {
            throw new StorageException($"Can't write to directory '{path}': {e.Message} Give the server's user the right to, or correct {setting}.", path, e);
        }
        catch (IOException e)
        {
            throw new StorageException(
                $"Can't lock '{file}': {e.Message} If another server uses this {setting}, stop it, or give each its own.", file, e);
        }
    }

    private static long? ReadNumber(string file)
    {
        string line;
        try
        {
            if (!File.Exists(file))
                return null;
            using var reader = new StreamReader(file, Encoding.UTF8);
            line = reader.ReadLine() ?? "";
        }
        catch (Exception e) when (TxnLog.IsIoFailure(e))
        {
            throw new StorageException($"Can't read '{file}': {e.Message} Check its permissions.", file, e);
        }

        return long.TryParse(line.AsSpan().Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value)
            ? value
            : throw new StorageException($"'{file}' holds '{line}', which is not a number. Write the right one into it.", file);
    }

    private static void WriteNumber(string file, long value)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value);
        try
        {
            DurableFile.ReplaceAllBytes(file, Encoding.ASCII.GetBytes(value.ToString(CultureInfo.InvariantCulture)));
        }
        catch (Exception e) when (TxnLog.IsIoFailure(e))
        {
            throw new StorageException($"Can't write '{file}': {e.Message} Check the disk and the file's permissions.", file, e);
        }
    }
}
