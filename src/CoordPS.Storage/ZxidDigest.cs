namespace CoordPS.Storage;

/// <summary>The tree's digest at a transaction, as snapshots since 3.6 end with one.</summary>
/// <param name="Zxid">The transaction; 0 when the member kept no digest.</param>
/// <param name="Version">The digest's algorithm; Apache 3.8 and 3.9 write 2.</param>
/// <param name="Digest">The digest.</param>
public readonly record struct ZxidDigest(long Zxid, int Version, long Digest);
