using CoordPS.Protocol;

namespace CoordPS.Storage;

/// <summary>What is to say of a snapshot as a whole.</summary>
public sealed record SnapshotInfo
{
    /// <summary>Full path of the file.</summary>
    public required string File { get; init; }

    /// <summary>The file's name.</summary>
    public string Name => Path.GetFileName(File);

    /// <summary>The last transaction that it surely has; the zxid in its name.</summary>
    public required long Zxid { get; init; }

    /// <summary>
    /// The last transaction that it may have in part, being written while transactions went on; null when it does not tell (only
    /// snapshots with a digest or since 3.9 do).
    /// </summary>
    public long? LastZxid { get; init; }

    /// <summary>When the file was last written, in local time: when the snapshot was completed, unless it was copied since.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>Bytes of the file.</summary>
    public required long Length { get; init; }

    /// <summary>How it is compressed.</summary>
    public required SnapshotCompression Compression { get; init; }

    /// <summary>Whether it is complete and its checksum is right.</summary>
    public bool IsValid => Problem is null;

    /// <summary>What is wrong with it, or why it can't be read; null when it is valid.</summary>
    public string? Problem { get; init; }

    /// <summary>Number of znodes, the root's among them.</summary>
    public long ZNodeCount { get; init; }

    /// <summary>Number of ephemerals.</summary>
    public long EphemeralCount { get; init; }

    /// <summary>Bytes of data of all znodes.</summary>
    public long DataLength { get; init; }

    /// <summary>Number of open sessions.</summary>
    public int SessionCount { get; init; }

    /// <summary>The tree's digest; null when the snapshot has none.</summary>
    public ZxidDigest? Digest { get; init; }

    /// <inheritdoc/>
    public override string ToString() => File;

    /// <summary>Reads a snapshot to its end, which checks it. A damaged one is described as such.</summary>
    /// <param name="file">The snapshot's path.</param>
    /// <param name="progress">Told the number of znodes read so far, or null.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="StorageException">There is no such file, or it can't be opened.</exception>
    public static SnapshotInfo Read(string file, Action<long>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(file);
        var entry = new FileInfo(file);
        if (!entry.Exists)
            throw new StorageException($"There is no snapshot '{entry.FullName}'. Check the path.", entry.FullName);
        var info = new SnapshotInfo
        {
            File = entry.FullName,
            Zxid = StorageFile.TryParse(entry.Name, StorageFile.SnapshotPrefix, out long zxid) ? zxid : 0,
            Time = new DateTimeOffset(entry.LastWriteTimeUtc).ToLocalTime(),
            Length = entry.Length,
            Compression = entry.Extension.ToUpperInvariant() switch
            {
                ".GZ" => SnapshotCompression.Gzip,
                ".SNAPPY" => SnapshotCompression.Snappy,
                _ => SnapshotCompression.None,
            },
        };
        try
        {
            using var reader = new SnapshotReader(file);
            long ephemerals = 0, data = 0;
            while (reader.ReadNode(out SnapshotNodeSpan node))
            {
                cancellationToken.ThrowIfCancellationRequested();
                data += node.Data.Length;
                if (EphemeralOwner.KindOf(node.Stat.EphemeralOwner) == EphemeralKind.Ephemeral)
                    ephemerals++;
                progress?.Invoke(reader.NodeCount);
            }

            return info with
            {
                ZNodeCount = reader.NodeCount,
                EphemeralCount = ephemerals,
                DataLength = data,
                SessionCount = reader.Sessions.Count,
                Digest = reader.Digest,
                LastZxid = reader.LastIncludedZxid,
            };
        }
        catch (CorruptSnapshotException e)
        {
            return info with { Problem = e.Message };
        }
        catch (StorageException e) when (info.Compression == SnapshotCompression.Snappy)
        {
            return info with { Problem = e.Message };
        }
    }
}
