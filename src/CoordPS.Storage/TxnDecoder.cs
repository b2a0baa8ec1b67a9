using CoordPS.Protocol;

namespace CoordPS.Storage;

/// <summary>A transaction as typed records.</summary>
/// <param name="Header">The header.</param>
/// <param name="Record">
/// A boxed <see cref="CreateTxn"/> (create, create2), <see cref="CreateTtlTxn"/>, <see cref="CreateContainerTxn"/>,
/// <see cref="DeleteTxn"/> (delete, deleteContainer), <see cref="SetDataTxn"/> (setData, reconfig), <see cref="SetAclTxn"/>,
/// <see cref="CreateSessionTxn"/>, <see cref="CloseSessionTxn"/>, <see cref="ErrorTxn"/> or <see cref="MultiTxn"/>. Null for a
/// closeSession of before 3.6, which names no paths: all ephemerals of the session go.
/// </param>
/// <param name="Digest">The digest of the tree after it; null when the log has none.</param>
public readonly record struct DecodedTxn(TxnHeader Header, object? Record, TxnDigest? Digest);

/// <summary>Turns the bytes of transactions into typed records (Apache's <c>SerializeUtils.deserializeTxn</c>).</summary>
public static class TxnDecoder
{
    private const int DigestSize = 12;

    /// <summary>Decodes a logged or proposed transaction: header, record and optional digest.</summary>
    /// <exception cref="JuteException">The bytes are not a transaction, or of an unknown type.</exception>
    public static DecodedTxn Decode(ReadOnlySpan<byte> entry)
    {
        var reader = new JuteReader(entry, lenient: true);
        TxnHeader header = TxnHeader.Read(ref reader);
        return Decode(header, reader.RemainingSpan);
    }

    /// <summary>Decodes what follows a transaction's header.</summary>
    /// <param name="header">The header.</param>
    /// <param name="payload">The record and the optional digest.</param>
    /// <exception cref="JuteException">The payload is not what the header's type says, or the type is unknown.</exception>
    public static DecodedTxn Decode(TxnHeader header, ReadOnlySpan<byte> payload)
    {
        var reader = new JuteReader(payload, lenient: true);
        object? record;
        switch (header.Type)
        {
            case OpCode.Create:
                record = ReadCreate(payload, ref reader);
                break;
            case OpCode.CloseSession:
                record = ReadCloseSession(payload, ref reader);
                break;
            case OpCode.Check:
                // Part of a multi only.
                throw Unknown(header);
            default:
                record = ReadRecord(header.Type, ref reader) ?? throw Unknown(header);
                break;
        }

        // Apache appends a digest when it keeps one, and ignores what it does not know after it.
        TxnDigest? digest = reader.Remaining >= DigestSize ? TxnDigest.Read(ref reader) : null;
        return new DecodedTxn(header, record, digest);
    }

    /// <summary>Decodes a part of a multi.</summary>
    /// <returns>The record, boxed: as in <see cref="DecodedTxn.Record"/>, and <see cref="CheckVersionTxn"/> for a check.</returns>
    /// <exception cref="JuteException">The data are not what the part's type says, or the type is none that a multi can have.</exception>
    public static object DecodePart(SubTxn part)
    {
        var reader = new JuteReader(part.Data, lenient: true);
        if (part.Type is OpCode.Multi or OpCode.CloseSession or OpCode.CreateSession)
            throw new JuteException($"A multi can't have a part of type {(int)part.Type}.");
        return ReadRecord(part.Type, ref reader) ?? throw new JuteException($"A multi can't have a part of type {(int)part.Type}.");
    }

    private static object? ReadRecord(OpCode type, ref JuteReader reader) => type switch
    {
        OpCode.Create or OpCode.Create2 => CreateTxn.Read(ref reader),
        OpCode.CreateTtl => CreateTtlTxn.Read(ref reader),
        OpCode.CreateContainer => CreateContainerTxn.Read(ref reader),
        OpCode.Delete or OpCode.DeleteContainer => DeleteTxn.Read(ref reader),
        OpCode.SetData or OpCode.Reconfig => SetDataTxn.Read(ref reader),
        OpCode.SetAcl => SetAclTxn.Read(ref reader),
        OpCode.Check => CheckVersionTxn.Read(ref reader),
        OpCode.CreateSession => CreateSessionTxn.Read(ref reader),
        OpCode.Error => ErrorTxn.Read(ref reader),
        OpCode.Multi => MultiTxn.Read(ref reader),
        _ => null,
    };

    private static CreateTxn ReadCreate(ReadOnlySpan<byte> payload, ref JuteReader reader)
    {
        try
        {
            return CreateTxn.Read(ref reader);
        }
        catch (JuteException)
        {
            // Logs before 3.4 end without the parent's version (CreateTxnV0); -1 asks to increase it.
            reader = new JuteReader(payload, lenient: true);
            string path = reader.ReadStringOrEmpty();
            byte[]? data = reader.ReadBuffer();
            Acl[]? acl = reader.ReadVector<Acl>(Acl.MinimumSize);
            return new CreateTxn(path, data, acl, reader.ReadBoolean(), -1);
        }
    }

    private static CloseSessionTxn? ReadCloseSession(ReadOnlySpan<byte> payload, ref JuteReader reader)
    {
        if (payload.IsEmpty)
            return null;
        try
        {
            return CloseSessionTxn.Read(ref reader);
        }
        catch (JuteException) when (payload.Length == DigestSize)
        {
            // Written with closeSessionTxn.enabled=false: a digest alone.
            reader = new JuteReader(payload, lenient: true);
            return null;
        }
    }

    private static JuteException Unknown(TxnHeader header) =>
        new($"Transaction 0x{header.Zxid:x} has type {(int)header.Type}, which no transaction has.");
}
