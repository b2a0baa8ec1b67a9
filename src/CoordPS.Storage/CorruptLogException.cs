namespace CoordPS.Storage;

/// <summary>
/// A transaction log that is damaged before its tail: going on would lose transactions that may have been acknowledged.
/// A torn tail is not this; see <see cref="TornTail"/>.
/// </summary>
public sealed class CorruptLogException : StorageException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="file">Full path of the log file.</param>
    /// <param name="offset">Where the damaged record begins, in bytes from the start of the file.</param>
    /// <param name="reason">What is wrong there, without a full stop.</param>
    /// <param name="lastZxid">The last whole transaction before the damage; 0 when there is none.</param>
    public CorruptLogException(string file, long offset, string reason, long lastZxid)
        : base($"Transaction log '{file}' is corrupt at byte {offset}: {reason}. {Advice(lastZxid)}", file)
    {
        Offset = offset;
        Reason = reason;
        LastZxid = lastZxid;
        RecommendedAction = Advice(lastZxid);
    }

    /// <summary>Creates the exception without a file.</summary>
    public CorruptLogException(string message, Exception innerException) : base(message, innerException)
    {
    }

    /// <summary>Creates the exception without a file.</summary>
    public CorruptLogException(string message) : base(message)
    {
    }

    /// <summary>Creates the exception without a message.</summary>
    public CorruptLogException()
    {
    }

    /// <summary>Where the damaged record begins, in bytes from the start of the file.</summary>
    public long Offset { get; }

    /// <summary>What is wrong there.</summary>
    public string Reason { get; } = "";

    /// <summary>The last whole transaction before the damage; 0 when there is none.</summary>
    public long LastZxid { get; }

    /// <summary>What an operator can do about it.</summary>
    public string RecommendedAction { get; } = "";

    private static string Advice(long lastZxid) =>
        "Restore the file from a backup; or, in an ensemble with a healthy quorum, move this member's version-2 directories away "
        + "and start it, so that it copies the leader's data; or, accepting the loss of every later transaction, "
        + $"truncate the logs after zxid 0x{lastZxid:x}.";
}
