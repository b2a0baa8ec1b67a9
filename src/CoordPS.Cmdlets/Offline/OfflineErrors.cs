using System.Management.Automation;
using CoordPS.Protocol;
using CoordPS.Server.Backup;
using CoordPS.Storage;

namespace CoordPS.Cmdlets;

/// <summary>What goes wrong with files and backups, as errors of cmdlets.</summary>
internal static class OfflineErrors
{
    /// <summary>The error for a file that is damaged or can't be read.</summary>
    public static CoordException From(StorageException exception) => exception switch
    {
        CorruptLogException e => new CoordException(
            "LogCorrupt", ErrorCode.DataInconsistency, e.Message.Replace(" " + e.RecommendedAction, "", StringComparison.Ordinal), e.RecommendedAction, e.File, e, ErrorCategory.InvalidData),
        CorruptSnapshotException e => new CoordException(
            "SnapshotCorrupt", ErrorCode.DataInconsistency, e.Message, "Use an older snapshot and the logs since, or another member's.", e.File, e, ErrorCategory.InvalidData),
        _ => new CoordException(
            "FileUnreadable", ErrorCode.DataInconsistency, exception.Message, "Check the path, and that you may read it.", exception.File, exception, ErrorCategory.ReadError),
    };

    /// <summary>The error for a backup that could not be taken or restored.</summary>
    public static CoordException From(BackupException e) => new(
        "Backup" + e.Failure, ErrorCode.DataInconsistency, e.Problem, e.RecommendedAction, null, e,
        e.Failure switch
        {
            BackupFailure.NoLeader or BackupFailure.ConnectionLost => ErrorCategory.ConnectionError,
            BackupFailure.Damaged or BackupFailure.Diverged => ErrorCategory.InvalidData,
            BackupFailure.TargetExists => ErrorCategory.ResourceExists,
            BackupFailure.TargetInUse => ErrorCategory.ResourceBusy,
            BackupFailure.TargetUnusable => ErrorCategory.WriteError,
            BackupFailure.SourceUnusable => ErrorCategory.ReadError,
            BackupFailure.NotABackup => ErrorCategory.ObjectNotFound,
            _ => ErrorCategory.InvalidArgument,
        });

    /// <summary>The error for a path that no file or folder has.</summary>
    public static CoordException NoFile(string path, Exception? inner = null) => new(
        "FileNotFound", ErrorCode.NoNode, $"There is no file or folder '{path}'.", "Check the path.", path, inner, ErrorCategory.ObjectNotFound);
}
