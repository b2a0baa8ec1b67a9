namespace CoordPS.Zab;

/// <summary>Kinds of write.</summary>
public enum ZabWriteKind
{
    /// <summary>Append a transaction to the log.</summary>
    Append,

    /// <summary>Drop everything after a zxid from the log.</summary>
    Truncate,

    /// <summary>Replace snapshot and log by a snapshot from the leader.</summary>
    InstallSnapshot,

    /// <summary>Write the file <c>acceptedEpoch</c>.</summary>
    AcceptedEpoch,

    /// <summary>Write the file <c>currentEpoch</c>.</summary>
    CurrentEpoch,

    /// <summary>Make a configuration the active one, and forget a proposed one that is not newer.</summary>
    Config,

    /// <summary>Remember a proposed configuration.</summary>
    NextConfig,
}

/// <summary>
/// Something to make durable. Writes are carried out in the order of their sequence: none may survive a crash that an
/// earlier one does not survive. Neighbouring appends may share an fsync.
/// </summary>
/// <param name="Sequence">Ascending without gaps; report it by <see cref="ZabPeer.WritesCompleted"/> once durable.</param>
/// <param name="Kind">What to write.</param>
/// <param name="Value">The zxid, or the epoch of an epoch file.</param>
/// <param name="Payload">The transaction to append.</param>
/// <param name="Snapshot">The snapshot to install, as it was given to <see cref="ZabPeer.ReceiveSnapshot"/>.</param>
/// <param name="Config">The configuration.</param>
public readonly record struct ZabWrite(
    long Sequence, ZabWriteKind Kind, long Value, byte[]? Payload = null, object? Snapshot = null, EnsembleConfig? Config = null);
