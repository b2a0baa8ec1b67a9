namespace CoordPS.Protocol;

/// <summary>A packet between a leader and a learner (<c>quorum.QuorumPacket</c>).</summary>
/// <param name="Type">The kind.</param>
/// <param name="Zxid">A zxid or, shifted, an epoch; what it means depends on the kind.</param>
/// <param name="Data">The payload; null is a null buffer on the wire and differs from an empty one.</param>
/// <param name="AuthInfo">The identities of the client whose request this is; null but for requests.</param>
public readonly record struct QuorumPacket(QuorumPacketType Type, long Zxid, byte[]? Data = null, IReadOnlyList<AclId>? AuthInfo = null) : IJuteRecord<QuorumPacket>
{
    private const int MinimumAuthSize = 8;

    /// <inheritdoc/>
    public static QuorumPacket Read(ref JuteReader reader) =>
        new((QuorumPacketType)reader.ReadInt32(), reader.ReadInt64(), reader.ReadBuffer(), reader.ReadVector<AclId>(MinimumAuthSize));

    /// <inheritdoc/>
    public void Write(JuteWriter writer)
    {
        writer.WriteInt32((int)Type);
        writer.WriteInt64(Zxid);
        writer.WriteBuffer(Data);
        writer.WriteVector(AuthInfo);
    }
}
