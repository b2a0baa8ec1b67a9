using CoordPS.Protocol;

namespace CoordPS.Storage;

/// <summary>A whole record of a transaction log.</summary>
/// <param name="File">Full path of the log file.</param>
/// <param name="Offset">Where the record begins, in bytes from the start of the file.</param>
/// <param name="Header">The transaction's header.</param>
/// <param name="Entry">
/// The transaction as it is stored and proposed: header, record and optional digest. From a reader's <c>Current</c> it is valid
/// until the next read; from <see cref="TxnLogDirectory.Read"/> it is the record's own.
/// </param>
public readonly record struct TxnLogRecord(string File, long Offset, TxnHeader Header, ReadOnlyMemory<byte> Entry)
{
    /// <summary>Bytes of a serialized <see cref="TxnHeader"/>.</summary>
    public const int HeaderSize = 32;

    /// <summary>The transaction's id.</summary>
    public long Zxid => Header.Zxid;

    /// <summary>What follows the header: the record and the optional digest.</summary>
    public ReadOnlyMemory<byte> Payload => Entry[HeaderSize..];

    /// <summary>Where the next record begins.</summary>
    public long EndOffset => Offset + Entry.Length + TxnLog.RecordOverhead;

    /// <summary>The transaction as typed records.</summary>
    /// <exception cref="JuteException">The payload is not what its header's type says.</exception>
    public DecodedTxn Decode() => TxnDecoder.Decode(Header, Payload.Span);

    /// <summary>The same with an <see cref="Entry"/> of its own, valid for as long as it is kept.</summary>
    public TxnLogRecord Copy() => this with { Entry = Entry.ToArray() };
}
