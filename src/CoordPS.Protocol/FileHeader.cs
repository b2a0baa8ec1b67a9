namespace CoordPS.Protocol;

/// <summary>Begins every log and snapshot file (<c>persistence.FileHeader</c>).</summary>
/// <param name="Magic"><see cref="TxnLogMagic"/> or <see cref="SnapshotMagic"/>.</param>
/// <param name="Version">2.</param>
/// <param name="DbId">0 in logs, -1 in snapshots.</param>
public readonly record struct FileHeader(int Magic, int Version, long DbId) : IJuteRecord<FileHeader>
{
    /// <summary><c>ZKLG</c>.</summary>
    public const int TxnLogMagic = 0x5a4b4c47;

    /// <summary><c>ZKSN</c>.</summary>
    public const int SnapshotMagic = 0x5a4b534e;

    /// <summary>The version of both formats.</summary>
    public const int CurrentVersion = 2;

    /// <summary>Bytes of the record.</summary>
    public const int Size = 16;

    /// <inheritdoc/>
    public static FileHeader Read(ref JuteReader reader) => new(reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt64());

    /// <inheritdoc/>
    public void Write(JuteWriter writer)
    {
        writer.WriteInt32(Magic);
        writer.WriteInt32(Version);
        writer.WriteInt64(DbId);
    }
}
