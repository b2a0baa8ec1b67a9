namespace CoordPS.Server.Backup;

/// <summary>Why a backup could not be taken or restored.</summary>
public enum BackupFailure
{
    /// <summary>There is no source that could be copied, or it can't be read.</summary>
    SourceUnusable,

    /// <summary>No member leads, or none can be reached at its quorum port.</summary>
    NoLeader,

    /// <summary>The leader ended the conversation.</summary>
    ConnectionLost,

    /// <summary>The backup has transactions that the ensemble doesn't have.</summary>
    Diverged,

    /// <summary>A file of the backup is missing or not what it was when the backup was taken, or replaying it fails.</summary>
    Damaged,

    /// <summary>The folder is neither a backup nor a data directory.</summary>
    NotABackup,

    /// <summary>The backup has no exact state of that zxid or time.</summary>
    PointNotCovered,

    /// <summary>The folder exists and is not to be replaced.</summary>
    TargetExists,

    /// <summary>A server uses the directory.</summary>
    TargetInUse,

    /// <summary>The directory can't be written.</summary>
    TargetUnusable,
}

/// <summary>A backup that could not be taken or restored. Nothing was overwritten.</summary>
public sealed class BackupException : IOException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="failure">Why.</param>
    /// <param name="message">What failed, and where.</param>
    /// <param name="recommendedAction">What to do about it.</param>
    /// <param name="innerException">The cause, if another exception.</param>
    public BackupException(BackupFailure failure, string message, string recommendedAction, Exception? innerException = null)
        : base($"{message} {recommendedAction}", innerException)
    {
        Failure = failure;
        Problem = message;
        RecommendedAction = recommendedAction;
    }

    /// <summary>Creates the exception without a reason.</summary>
    public BackupException(string message, Exception innerException) : base(message, innerException)
    {
    }

    /// <summary>Creates the exception without a reason.</summary>
    public BackupException(string message) : base(message)
    {
    }

    /// <summary>Creates the exception without a message.</summary>
    public BackupException()
    {
    }

    /// <summary>Why.</summary>
    public BackupFailure Failure { get; }

    /// <summary>What failed, and where.</summary>
    public string Problem { get; } = "";

    /// <summary>What to do about it.</summary>
    public string RecommendedAction { get; } = "";
}
