using CoordPS.Protocol;

namespace CoordPS.Storage;

/// <summary>A transaction of a log: who changed what, and when.</summary>
public sealed class LoggedTransaction
{
    private LoggedTransaction(in TxnLogRecord record, IReadOnlyList<LoggedOperation> operations)
    {
        Zxid = record.Zxid;
        Time = DateTimeOffset.FromUnixTimeMilliseconds(record.Header.Time).ToLocalTime();
        SessionId = record.Header.ClientId;
        Cxid = record.Header.Cxid;
        File = record.File;
        Offset = record.Offset;
        Length = (int)(record.EndOffset - record.Offset);
        Operation = record.Header.Type == OpCode.Multi ? TransactionOperation.Multi : operations[0].Operation;
        Operations = operations;
    }

    /// <summary>The transaction's id.</summary>
    public long Zxid { get; }

    /// <summary>The epoch of the leader that made it: the high half of <see cref="Zxid"/>.</summary>
    public long Epoch => Zxid >>> 32;

    /// <summary>Its number in the epoch: the low half of <see cref="Zxid"/>.</summary>
    public long Counter => Zxid & uint.MaxValue;

    /// <summary>When the leader made it, in local time.</summary>
    public DateTimeOffset Time { get; }

    /// <summary>The session that asked for it; 0 or a member's number for what a server did by itself.</summary>
    public long SessionId { get; }

    /// <summary>The number of the client's request.</summary>
    public int Cxid { get; }

    /// <summary>What it does.</summary>
    public TransactionOperation Operation { get; }

    /// <summary>Its parts if it is a multi, else the one operation that it is.</summary>
    public IReadOnlyList<LoggedOperation> Operations { get; }

    /// <summary>The znode; null when there is none, or several.</summary>
    public string? Path => Single?.Path;

    /// <summary>All znodes that it names, of its parts as well.</summary>
    public IReadOnlyList<string> Paths => Operations is [var only] ? only.Paths : [.. Operations.SelectMany(static o => o.Paths)];

    /// <summary>The data that it sets; of a multi see <see cref="Operations"/>.</summary>
    public byte[]? Data => Single?.Data;

    /// <summary>Bytes of data that it sets, of all parts together; null when it sets none.</summary>
    public int? DataLength => Operations.Any(static o => o.DataLength is not null) ? Operations.Sum(static o => o.DataLength ?? 0) : null;

    /// <summary>The znode's version after it.</summary>
    public int? Version => Single?.Version;

    /// <summary>The access control list that it sets.</summary>
    public IReadOnlyList<Acl>? Acl => Single?.Acl;

    /// <summary>The kind of znode that it creates.</summary>
    public CreateMode? Mode => Single?.Mode;

    /// <summary>The session that owns the ephemeral that it creates; null when it creates none.</summary>
    public long? EphemeralOwner => Mode == CreateMode.Ephemeral ? SessionId : null;

    /// <summary>The time to live of a znode that it creates with one.</summary>
    public TimeSpan? TimeToLive => Single?.TimeToLive;

    /// <summary>The timeout of the session that it opens.</summary>
    public TimeSpan? SessionTimeout => Single?.SessionTimeout;

    /// <summary>Why the request failed, of an error; of a multi, the first part's error that says why.</summary>
    public ErrorCode? Error => Operations.Select(static o => o.Error).FirstOrDefault(static e => e is not null and not ErrorCode.Ok and not ErrorCode.RuntimeInconsistency);

    /// <summary>Full path of the log file.</summary>
    public string File { get; }

    /// <summary>Where its record begins, in bytes from the start of the file.</summary>
    public long Offset { get; }

    /// <summary>Bytes of its record.</summary>
    public int Length { get; }

    /// <summary>What it sets, says or fails with, on one short line.</summary>
    public string? Summary => Operation switch
    {
        TransactionOperation.Multi => Error is { } error ? error.ToString() : string.Join(", ", Operations.Take(3)) + (Operations.Count > 3 ? $" and {Operations.Count - 3} more" : ""),
        TransactionOperation.Error => Error.ToString(),
        TransactionOperation.CreateSession => $"timeout {SessionTimeout?.TotalSeconds:0.###} s",
        TransactionOperation.CloseSession => Paths.Count > 0 ? $"{Paths.Count} ephemerals" : null,
        TransactionOperation.SetAcl => string.Join(',', Acl!),
        _ => DataText.Preview(Data),
    };

    private LoggedOperation? Single => Operation == TransactionOperation.Multi ? null : Operations[0];

    /// <inheritdoc/>
    public override string ToString() => $"0x{Zxid:x} {Operation}{(Path is null ? "" : " " + Path)}";

    /// <summary>Decodes a record. The object is the caller's own.</summary>
    /// <exception cref="CorruptLogException">The record is whole and is no transaction.</exception>
    public static LoggedTransaction Decode(in TxnLogRecord record)
    {
        try
        {
            object? txn = record.Decode().Record;
            return new LoggedTransaction(record, txn is MultiTxn multi
                ? [.. (multi.Txns ?? []).Select(static part => LoggedOperation.Of(part.Type, TxnDecoder.DecodePart(part)))]
                : [LoggedOperation.Of(record.Header.Type, txn)]);
        }
        catch (JuteException e)
        {
            throw new CorruptLogException(record.File, record.Offset, $"the record's checksum is right, and yet: {e.Message.TrimEnd('.')}", record.Zxid - 1);
        }
    }
}
