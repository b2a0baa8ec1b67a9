using System.Buffers;
using CoordPS.Protocol;

namespace CoordPS.Server;

/// <summary>
/// A request on its way through the pipeline: read by its connection, prepared into a transaction, logged, applied, answered.
/// Reads do not come this way unless they must wait for a write of their session.
/// </summary>
internal sealed class Request(ServerConnection? connection, long sessionId, int cxid, OpCode type)
{
    /// <summary>Whom to answer; null for requests of the server's own.</summary>
    public ServerConnection? Connection { get; } = connection;

    public long SessionId { get; } = sessionId;

    public int Cxid { get; } = cxid;

    public OpCode Type { get; } = type;

    /// <summary>The request record; null when it could not be read, which the reply then says.</summary>
    public object? Record { get; init; }

    /// <summary>The bytes that the record came as, kept only where a leader may have to have them.</summary>
    public byte[]? Payload { get; init; }

    /// <summary>Which member's client it is from: 0 for this one's own, else the connection of a learner.</summary>
    public long Owner { get; init; }

    /// <summary>Whether it only asks if the session lives, for a connection that wants to go on with it.</summary>
    public bool IsRevalidation { get; init; }

    /// <summary>The term of service in which it was submitted; a member drops those of earlier ones.</summary>
    public int Service { get; set; }

    /// <summary>The connection's identities when the request came.</summary>
    public IReadOnlyList<AclId> Identities { get; init; } = [];

    /// <summary>When it came, by <see cref="System.Diagnostics.Stopwatch.GetTimestamp"/>.</summary>
    public long ReceivedAt { get; init; }

    /// <summary>The transaction's header; its zxid is 0 while the request makes no transaction.</summary>
    public TxnHeader Header;

    /// <summary>The transaction, as <see cref="DataTree.Apply"/> takes it.</summary>
    public object? Txn;

    /// <summary>Why the request fails.</summary>
    public ErrorCode Error;

    /// <summary>The transaction as it is logged; rented from the shared pool until <see cref="ReleaseEntry"/>.</summary>
    public byte[]? Entry;

    public int EntryLength;

    public bool IsTxn => Header.Zxid != 0;

    public void SetEntry(ReadOnlySpan<byte> entry)
    {
        Entry = ArrayPool<byte>.Shared.Rent(entry.Length);
        EntryLength = entry.Length;
        entry.CopyTo(Entry);
    }

    public void ReleaseEntry()
    {
        if (Entry is { } entry)
        {
            Entry = null;
            ArrayPool<byte>.Shared.Return(entry);
        }
    }
}
