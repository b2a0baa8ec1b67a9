namespace CoordPS.Protocol;

/// <summary>Begins every transaction in logs and proposals (<c>txn.TxnHeader</c>).</summary>
/// <param name="ClientId">The session.</param>
/// <param name="Cxid">The client's request id.</param>
/// <param name="Zxid">The transaction's id: epoch in the high 32 bits, counter in the low.</param>
/// <param name="Time">When the leader made it, in milliseconds since 1970-01-01 UTC.</param>
/// <param name="Type">The kind of transaction.</param>
public readonly record struct TxnHeader(long ClientId, int Cxid, long Zxid, long Time, OpCode Type) : IJuteRecord<TxnHeader>
{
    /// <inheritdoc/>
    public static TxnHeader Read(ref JuteReader reader) => new(reader.ReadInt64(), reader.ReadInt32(), reader.ReadInt64(), reader.ReadInt64(), (OpCode)reader.ReadInt32());

    /// <inheritdoc/>
    public void Write(JuteWriter writer)
    {
        writer.WriteInt64(ClientId);
        writer.WriteInt32(Cxid);
        writer.WriteInt64(Zxid);
        writer.WriteInt64(Time);
        writer.WriteInt32((int)Type);
    }
}

/// <summary>A digest of the tree after a transaction; optional at its end (<c>txn.TxnDigest</c>).</summary>
/// <param name="Version">The digest's algorithm.</param>
/// <param name="TreeDigest">The digest.</param>
public readonly record struct TxnDigest(int Version, long TreeDigest) : IJuteRecord<TxnDigest>
{
    /// <inheritdoc/>
    public static TxnDigest Read(ref JuteReader reader) => new(reader.ReadInt32(), reader.ReadInt64());

    /// <inheritdoc/>
    public void Write(JuteWriter writer)
    {
        writer.WriteInt32(Version);
        writer.WriteInt64(TreeDigest);
    }
}

/// <summary><c>txn.CreateTxn</c>: create and create2.</summary>
/// <param name="Path">The znode's path.</param>
/// <param name="Data">The data; null and empty are stored as they are sent.</param>
/// <param name="Acl">The access control list.</param>
/// <param name="Ephemeral">Whether the header's session owns it.</param>
/// <param name="ParentCVersion">The parent's cversion after the create, or -1 to increase it.</param>
public readonly record struct CreateTxn(string Path, byte[]? Data, IReadOnlyList<Acl>? Acl, bool Ephemeral, int ParentCVersion) : IJuteRecord<CreateTxn>
{
    /// <inheritdoc/>
    public static CreateTxn Read(ref JuteReader reader) => new(reader.ReadStringOrEmpty(), reader.ReadBuffer(), reader.ReadVector<Protocol.Acl>(Protocol.Acl.MinimumSize), reader.ReadBoolean(), reader.ReadInt32());

    /// <inheritdoc/>
    public void Write(JuteWriter writer)
    {
        writer.WriteString(Path);
        writer.WriteBuffer(Data);
        writer.WriteVector(Acl);
        writer.WriteBoolean(Ephemeral);
        writer.WriteInt32(ParentCVersion);
    }
}

/// <summary><c>txn.CreateContainerTxn</c>.</summary>
/// <param name="Path">The znode's path.</param>
/// <param name="Data">The data; null and empty are stored as they are sent.</param>
/// <param name="Acl">The access control list.</param>
/// <param name="ParentCVersion">The parent's cversion after the create, or -1 to increase it.</param>
public readonly record struct CreateContainerTxn(string Path, byte[]? Data, IReadOnlyList<Acl>? Acl, int ParentCVersion) : IJuteRecord<CreateContainerTxn>
{
    /// <inheritdoc/>
    public static CreateContainerTxn Read(ref JuteReader reader) => new(reader.ReadStringOrEmpty(), reader.ReadBuffer(), reader.ReadVector<Protocol.Acl>(Protocol.Acl.MinimumSize), reader.ReadInt32());

    /// <inheritdoc/>
    public void Write(JuteWriter writer)
    {
        writer.WriteString(Path);
        writer.WriteBuffer(Data);
        writer.WriteVector(Acl);
        writer.WriteInt32(ParentCVersion);
    }
}

/// <summary><c>txn.CreateTTLTxn</c>.</summary>
/// <param name="Path">The znode's path.</param>
/// <param name="Data">The data; null and empty are stored as they are sent.</param>
/// <param name="Acl">The access control list.</param>
/// <param name="ParentCVersion">The parent's cversion after the create, or -1 to increase it.</param>
/// <param name="Ttl">The time to live in milliseconds.</param>
public readonly record struct CreateTtlTxn(string Path, byte[]? Data, IReadOnlyList<Acl>? Acl, int ParentCVersion, long Ttl) : IJuteRecord<CreateTtlTxn>
{
    /// <inheritdoc/>
    public static CreateTtlTxn Read(ref JuteReader reader) => new(reader.ReadStringOrEmpty(), reader.ReadBuffer(), reader.ReadVector<Protocol.Acl>(Protocol.Acl.MinimumSize), reader.ReadInt32(), reader.ReadInt64());

    /// <inheritdoc/>
    public void Write(JuteWriter writer)
    {
        writer.WriteString(Path);
        writer.WriteBuffer(Data);
        writer.WriteVector(Acl);
        writer.WriteInt32(ParentCVersion);
        writer.WriteInt64(Ttl);
    }
}

/// <summary><c>txn.DeleteTxn</c>: delete and deleteContainer.</summary>
/// <param name="Path">The znode's path.</param>
public readonly record struct DeleteTxn(string Path) : IJuteRecord<DeleteTxn>
{
    /// <inheritdoc/>
    public static DeleteTxn Read(ref JuteReader reader) => new(reader.ReadStringOrEmpty());

    /// <inheritdoc/>
    public void Write(JuteWriter writer)
    {
        writer.WriteString(Path);
    }
}

/// <summary><c>txn.SetDataTxn</c>; the configuration's change too.</summary>
/// <param name="Path">The znode's path.</param>
/// <param name="Data">The data; null and empty are stored as they are sent.</param>
/// <param name="Version">The new version.</param>
public readonly record struct SetDataTxn(string Path, byte[]? Data, int Version) : IJuteRecord<SetDataTxn>
{
    /// <inheritdoc/>
    public static SetDataTxn Read(ref JuteReader reader) => new(reader.ReadStringOrEmpty(), reader.ReadBuffer(), reader.ReadInt32());

    /// <inheritdoc/>
    public void Write(JuteWriter writer)
    {
        writer.WriteString(Path);
        writer.WriteBuffer(Data);
        writer.WriteInt32(Version);
    }
}

/// <summary><c>txn.CheckVersionTxn</c>: part of a multi.</summary>
/// <param name="Path">The znode's path.</param>
/// <param name="Version">The version that was checked.</param>
public readonly record struct CheckVersionTxn(string Path, int Version) : IJuteRecord<CheckVersionTxn>
{
    /// <inheritdoc/>
    public static CheckVersionTxn Read(ref JuteReader reader) => new(reader.ReadStringOrEmpty(), reader.ReadInt32());

    /// <inheritdoc/>
    public void Write(JuteWriter writer)
    {
        writer.WriteString(Path);
        writer.WriteInt32(Version);
    }
}

/// <summary><c>txn.SetACLTxn</c>.</summary>
/// <param name="Path">The znode's path.</param>
/// <param name="Acl">The access control list.</param>
/// <param name="Version">The new ACL version.</param>
public readonly record struct SetAclTxn(string Path, IReadOnlyList<Acl>? Acl, int Version) : IJuteRecord<SetAclTxn>
{
    /// <inheritdoc/>
    public static SetAclTxn Read(ref JuteReader reader) => new(reader.ReadStringOrEmpty(), reader.ReadVector<Protocol.Acl>(Protocol.Acl.MinimumSize), reader.ReadInt32());

    /// <inheritdoc/>
    public void Write(JuteWriter writer)
    {
        writer.WriteString(Path);
        writer.WriteVector(Acl);
        writer.WriteInt32(Version);
    }
}

/// <summary><c>txn.CreateSessionTxn</c>.</summary>
/// <param name="TimeoutMilliseconds">The negotiated session timeout.</param>
public readonly record struct CreateSessionTxn(int TimeoutMilliseconds) : IJuteRecord<CreateSessionTxn>
{
    /// <inheritdoc/>
    public static CreateSessionTxn Read(ref JuteReader reader) => new(reader.ReadInt32());

    /// <inheritdoc/>
    public void Write(JuteWriter writer)
    {
        writer.WriteInt32(TimeoutMilliseconds);
    }
}

/// <summary><c>txn.CloseSessionTxn</c>; logs before 3.6 have no paths.</summary>
/// <param name="PathsToDelete">The session's ephemerals.</param>
public readonly record struct CloseSessionTxn(IReadOnlyList<string> PathsToDelete) : IJuteRecord<CloseSessionTxn>
{
    /// <inheritdoc/>
    public static CloseSessionTxn Read(ref JuteReader reader) => new(reader.Remaining >= 4 ? reader.ReadStringVector() : []);

    /// <inheritdoc/>
    public void Write(JuteWriter writer)
    {
        writer.WriteStringVector(PathsToDelete);
    }
}

/// <summary><c>txn.ErrorTxn</c>: a request that failed.</summary>
/// <param name="Error">Why.</param>
public readonly record struct ErrorTxn(ErrorCode Error) : IJuteRecord<ErrorTxn>
{
    /// <inheritdoc/>
    public static ErrorTxn Read(ref JuteReader reader) => new((ErrorCode)reader.ReadInt32());

    /// <inheritdoc/>
    public void Write(JuteWriter writer)
    {
        writer.WriteInt32((int)Error);
    }
}

/// <summary>Part of a multi (<c>txn.Txn</c>).</summary>
/// <param name="Type">The kind of transaction.</param>
/// <param name="Data">The transaction, serialized.</param>
public readonly record struct SubTxn(OpCode Type, byte[]? Data) : IJuteRecord<SubTxn>
{
    /// <inheritdoc/>
    public static SubTxn Read(ref JuteReader reader) => new((OpCode)reader.ReadInt32(), reader.ReadBuffer());

    /// <inheritdoc/>
    public void Write(JuteWriter writer)
    {
        writer.WriteInt32((int)Type);
        writer.WriteBuffer(Data);
    }
}

/// <summary><c>txn.MultiTxn</c>.</summary>
/// <param name="Txns">The parts, in order.</param>
public readonly record struct MultiTxn(IReadOnlyList<SubTxn>? Txns) : IJuteRecord<MultiTxn>
{
    /// <inheritdoc/>
    public static MultiTxn Read(ref JuteReader reader) => new(reader.ReadVector<SubTxn>(8));

    /// <inheritdoc/>
    public void Write(JuteWriter writer)
    {
        writer.WriteVector(Txns);
    }
}
