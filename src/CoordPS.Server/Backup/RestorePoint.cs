using System.Globalization;
using CoordPS.Storage;

namespace CoordPS.Server.Backup;

/// <summary>A data directory to restore to.</summary>
/// <param name="DataDir">The data directory (<c>dataDir</c>); created when missing. Its <c>myid</c> and all else beside <c>version-2</c> stay.</param>
/// <param name="DataLogDir">The directory of the logs (<c>dataLogDir</c>); null when it is the same.</param>
public sealed record RestoreTarget(string DataDir, string? DataLogDir = null);

/// <summary>A data directory that was restored.</summary>
/// <param name="DataDir">Full path.</param>
/// <param name="Replaced">Where the files are now that were there before; empty when there were none.</param>
public sealed record RestoredDirectory(string DataDir, IReadOnlyList<string> Replaced);

/// <summary>A state of a tree, recovered from a backup or a data directory and ready to be written into data directories.</summary>
public sealed class RestorePoint
{
    private readonly RecoveredState _state;
    private readonly long _epoch;

    private RestorePoint(string source, RecoveredState state, long epoch, DateTimeOffset? time)
    {
        _state = state;
        _epoch = epoch;
        Source = source;
        Time = time;
    }

    /// <summary>Full path of the backup or data directory.</summary>
    public string Source { get; }

    /// <summary>The last transaction that it has.</summary>
    public long Zxid => _state.Zxid;

    /// <summary>When that was made (UTC); null when the files don't tell.</summary>
    public DateTimeOffset? Time { get; }

    /// <summary>Number of znodes, the root among them.</summary>
    public int ZNodeCount => _state.Tree.NodeCount;

    /// <summary>Number of ephemerals.</summary>
    public int EphemeralCount => _state.Tree.EphemeralCount;

    /// <summary>Number of open sessions.</summary>
    public int SessionCount => _state.Sessions.Count;

    /// <summary>
    /// Recovers a state from a backup, whose files are checked first, or from a data directory that no server uses. Replaying stops
    /// exactly after a zxid, or before the first transaction that was made after a time; by default it takes all.
    /// </summary>
    /// <param name="source">The folder: a backup, a data directory, or a <c>version-2</c>.</param>
    /// <param name="sourceLogs">The directory of the logs, of a data directory that has another for them.</param>
    /// <param name="toZxid">The last transaction to have.</param>
    /// <param name="toTime">The time.</param>
    /// <param name="endSessions">Whether to end all sessions, so that there are no ephemerals; otherwise they go when the sessions expire.</param>
    /// <param name="progress">Told how far it is; null for nobody.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="BackupException">The files are damaged, or have no exact state of that zxid or time.</exception>
    public static Task<RestorePoint> RecoverAsync(
        string source, string? sourceLogs = null, long? toZxid = null, DateTimeOffset? toTime = null, bool endSessions = false,
        IProgress<BackupProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(source);
        if (toZxid is not null && toTime is not null)
            throw new ArgumentException("Give a zxid or a time, not both.", nameof(toTime));
        source = Path.TrimEndingDirectorySeparator(Path.GetFullPath(source));
        return Task.Run(() =>
        {
            try
            {
                return Recover(source, sourceLogs, toZxid, toTime, endSessions, progress, cancellationToken);
            }
            catch (Exception e) when (e is StorageException or IOException or UnauthorizedAccessException && e is not BackupException)
            {
                throw new BackupException(BackupFailure.Damaged, $"'{source}' can't be restored: {e.Message}", "Use another backup, or restore to a point before the damage.", e);
            }
        }, cancellationToken);
    }

    /// <summary>
    /// Writes the state into data directories, of one server or of all members of an ensemble that is stopped: a snapshot at
    /// <see cref="Zxid"/>, no log, and epochs that no zxid known here is beyond. All are written before any is put in place; files that were
    /// there are moved aside and never deleted.
    /// </summary>
    /// <param name="targets">The directories.</param>
    /// <param name="replace">Whether directories may hold data, which is moved aside then.</param>
    /// <param name="progress">Told how far it is; null for nobody.</param>
    /// <param name="cancellationToken">Ends it; nothing is changed then.</param>
    /// <exception cref="BackupException">A directory holds data, is used by a server, or can't be written. Nothing was changed.</exception>
    public Task<IReadOnlyList<RestoredDirectory>> WriteToAsync(
        IReadOnlyList<RestoreTarget> targets, bool replace = false, IProgress<BackupProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(targets);
        return Task.Run(() => WriteTo(targets, replace, progress, cancellationToken), cancellationToken);
    }

    private static RestorePoint Recover(
        string source, string? sourceLogs, long? toZxid, DateTimeOffset? toTime, bool endSessions, IProgress<BackupProgress>? progress, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(source))
            throw new BackupException(BackupFailure.NotABackup, $"There is no folder '{source}'.", "Check the path: a backup, or the data directory of a server.");
        BackupManifest? manifest = BackupManifest.Exists(source) ? EnsembleBackup.Verify(source, progress, cancellationToken) : null;
        string snapshots = StoragePath.VersionDirectory(source);
        string logs = StoragePath.VersionDirectory(sourceLogs ?? source);
        if (manifest is null && RestoreDirectory.IsInUse(snapshots))
        {
            throw new BackupException(BackupFailure.TargetInUse, $"A server uses '{source}'.", "Stop it; or take a backup with Backup-CoordEnsemble, and restore that.");
        }

        if (toTime is { } time)
            toZxid = RecoveredState.FindZxid(logs, time, cancellationToken);
        RecoveredState state = RecoveredState.Load(snapshots, logs, toZxid ?? manifest?.LastZxid, manifest?.Snapshots, progress, cancellationToken);
        if (endSessions)
            state.EndSessions();
        DateTimeOffset? made = state.Time ?? (state.Zxid == manifest?.LastZxid ? manifest.LastTime : null);
        long epoch = Math.Max(manifest?.Epoch ?? 0, RestoreDirectory.HighestEpoch(snapshots));
        return new RestorePoint(source, state, Math.Max(epoch, state.Zxid >>> 32), made);
    }

    private IReadOnlyList<RestoredDirectory> WriteTo(IReadOnlyList<RestoreTarget> targets, bool replace, IProgress<BackupProgress>? progress, CancellationToken cancellationToken)
    {
        string stamp = DateTime.Now.ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture);
        RestoreDirectory[] directories = [.. targets.Select(target => new RestoreDirectory(target, stamp))];
        if (directories.GroupBy(static d => d.DataDir).FirstOrDefault(static g => g.Count() > 1) is { } twice)
            throw new ArgumentException($"'{twice.Key}' is given twice; each member has a directory of its own.", nameof(targets));
        foreach (RestoreDirectory directory in directories)
            directory.Check(replace);
        // A later epoch than any that was: clients and members that have seen what is undone now have seen nothing later than what comes.
        long epoch = directories.Max(static d => d.Epoch) is var highest && highest > _epoch ? highest : _epoch;
        try
        {
            for (int i = 0; i < directories.Length; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                progress?.Report(new BackupProgress($"Writing {directories[i].DataDir}", i, "directories"));
                directories[i].Write(_state, epoch);
            }

            int placed = 0;
            try
            {
                for (; placed < directories.Length; placed++)
                    directories[placed].Place();
            }
            catch
            {
                for (int i = Math.Min(placed, directories.Length - 1); i >= 0; i--)
                    directories[i].TakeBack();
                throw;
            }
        }
        catch (Exception e) when (e is StorageException or IOException or UnauthorizedAccessException && e is not BackupException)
        {
            throw new BackupException(BackupFailure.TargetUnusable, $"The directories can't be written: {e.Message}",
                "Check the disk, its free space and the directories' permissions. What was there is as it was.", e);
        }
        finally
        {
            foreach (RestoreDirectory directory in directories)
                directory.RemoveUnplaced();
        }

        return [.. directories.Select(static d => new RestoredDirectory(d.DataDir, d.Replaced))];
    }
}
