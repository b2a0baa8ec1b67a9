namespace CoordPS.Protocol;

/// <summary>How a learner introduces itself, in the data of FOLLOWERINFO and OBSERVERINFO (<c>quorum.LearnerInfo</c>).</summary>
/// <param name="ServerId">The learner's id.</param>
/// <param name="ProtocolVersion">0x10000 for Zab 1.0, which every ZooKeeper since 3.4 speaks.</param>
/// <param name="ConfigVersion">The version of the configuration that the learner has activated.</param>
public readonly record struct LearnerInfo(long ServerId, int ProtocolVersion, long ConfigVersion) : IJuteRecord<LearnerInfo>
{
    /// <summary>Zab 1.0.</summary>
    public const int Zab10 = 0x10000;

    /// <summary>Reads the record; older learners send only its first 8 or 12 bytes, and the rest is then 1 and 0.</summary>
    public static LearnerInfo Read(ref JuteReader reader)
    {
        long id = reader.ReadInt64();
        int protocol = reader.Remaining >= 4 ? reader.ReadInt32() : 1;
        long version = reader.Remaining >= 8 ? reader.ReadInt64() : 0;
        return new LearnerInfo(id, protocol, version);
    }

    /// <inheritdoc/>
    public void Write(JuteWriter writer)
    {
        writer.WriteInt64(ServerId);
        writer.WriteInt32(ProtocolVersion);
        writer.WriteInt64(ConfigVersion);
    }

    /// <summary>The record's bytes.</summary>
    public byte[] ToArray()
    {
        using var writer = new JuteWriter(20);
        Write(writer);
        return writer.WrittenSpan.ToArray();
    }
}
