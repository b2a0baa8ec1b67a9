namespace CoordPS.Storage;

/// <summary>How a snapshot is compressed (<c>snapshot.compression.method</c>).</summary>
public enum SnapshotCompression
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>With gzip; the file's name ends in <c>.gz</c>.</summary>
    Gzip,

    /// <summary>With snappy; the file's name ends in <c>.snappy</c>. Such a snapshot can't be read here.</summary>
    Snappy,
}
