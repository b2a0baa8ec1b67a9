namespace CoordPS.Storage;

/// <summary>A snapshot that is incomplete or damaged. An older one and the logs since may still hold everything.</summary>
public sealed class CorruptSnapshotException : StorageException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="file">Full path of the snapshot.</param>
    /// <param name="offset">Where reading failed, in bytes from the start of the uncompressed contents.</param>
    /// <param name="reason">What is wrong there, without a full stop.</param>
    /// <param name="innerException">The cause, if another exception.</param>
    public CorruptSnapshotException(string file, long offset, string reason, Exception? innerException = null)
        : base($"Snapshot '{file}' is not valid: {reason} (at byte {offset}).", file, innerException)
    {
        Offset = offset;
        Reason = reason;
    }

    /// <summary>Creates the exception without a file.</summary>
    public CorruptSnapshotException(string message, Exception innerException) : base(message, innerException)
    {
    }

    /// <summary>Creates the exception without a file.</summary>
    public CorruptSnapshotException(string message) : base(message)
    {
    }

    /// <summary>Creates the exception without a message.</summary>
    public CorruptSnapshotException()
    {
    }

    /// <summary>Where reading failed, in bytes from the start of the uncompressed contents.</summary>
    public long Offset { get; }

    /// <summary>What is wrong there.</summary>
    public string Reason { get; } = "";
}
