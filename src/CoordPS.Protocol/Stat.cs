namespace CoordPS.Protocol;

/// <summary>A znode's metadata as clients see it (<c>data.Stat</c>). Times are milliseconds since 1970-01-01 UTC.</summary>
/// <param name="Czxid">zxid of the transaction that created the znode.</param>
/// <param name="Mzxid">zxid of the transaction that last set its data.</param>
/// <param name="Ctime">When it was created.</param>
/// <param name="Mtime">When its data was last set.</param>
/// <param name="Version">Number of changes to the data; wraps as a 32-bit integer.</param>
/// <param name="Cversion">Number of changes to the set of children.</param>
/// <param name="Aversion">Number of changes to the access control list.</param>
/// <param name="EphemeralOwner">The owning session of an ephemeral; 0 for every other znode, containers and those with a time to live included.</param>
/// <param name="DataLength">Bytes of data.</param>
/// <param name="NumChildren">Number of children.</param>
/// <param name="Pzxid">zxid of the transaction that last created or deleted a child.</param>
public readonly record struct Stat(
    long Czxid, long Mzxid, long Ctime, long Mtime, int Version, int Cversion, int Aversion,
    long EphemeralOwner, int DataLength, int NumChildren, long Pzxid) : IJuteRecord<Stat>
{
    /// <summary>Bytes of the record.</summary>
    public const int Size = 68;

    /// <inheritdoc/>
    public static Stat Read(ref JuteReader reader) => new(
        reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32(),
        reader.ReadInt64(), reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt64());

    /// <inheritdoc/>
    public void Write(JuteWriter writer)
    {
        Span<byte> s = writer.Reserve(Size);
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(s, Czxid);
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(s[8..], Mzxid);
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(s[16..], Ctime);
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(s[24..], Mtime);
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(s[32..], Version);
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(s[36..], Cversion);
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(s[40..], Aversion);
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(s[44..], EphemeralOwner);
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(s[52..], DataLength);
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(s[56..], NumChildren);
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(s[60..], Pzxid);
    }
}

/// <summary>A znode's metadata as snapshots keep it (<c>data.StatPersisted</c>).</summary>
/// <param name="Czxid">zxid of the transaction that created the znode.</param>
/// <param name="Mzxid">zxid of the transaction that last set its data.</param>
/// <param name="Ctime">When it was created.</param>
/// <param name="Mtime">When its data was last set.</param>
/// <param name="Version">Number of changes to the data.</param>
/// <param name="Cversion">Number of children ever created: not what clients are shown, which is twice this less the children there are.</param>
/// <param name="Aversion">Number of changes to the access control list.</param>
/// <param name="EphemeralOwner">See <see cref="Protocol.EphemeralOwner"/>.</param>
/// <param name="Pzxid">zxid of the transaction that last created or deleted a child.</param>
public readonly record struct StatPersisted(
    long Czxid, long Mzxid, long Ctime, long Mtime, int Version, int Cversion, int Aversion,
    long EphemeralOwner, long Pzxid) : IJuteRecord<StatPersisted>
{
    /// <inheritdoc/>
    public static StatPersisted Read(ref JuteReader reader) => new(
        reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32(),
        reader.ReadInt64(), reader.ReadInt64());

    /// <inheritdoc/>
    public void Write(JuteWriter writer)
    {
        writer.WriteInt64(Czxid);
        writer.WriteInt64(Mzxid);
        writer.WriteInt64(Ctime);
        writer.WriteInt64(Mtime);
        writer.WriteInt32(Version);
        writer.WriteInt32(Cversion);
        writer.WriteInt32(Aversion);
        writer.WriteInt64(EphemeralOwner);
        writer.WriteInt64(Pzxid);
    }
}
