using CoordPS.Server.Backup;

namespace CoordPS;

/// <summary>A backup of an ensemble. Pipe it to <c>Restore-CoordEnsemble</c>.</summary>
public sealed class CoordBackup
{
    private readonly BackupManifest _manifest;

    internal CoordBackup(string path, BackupManifest manifest)
    {
        Path = path;
        _manifest = manifest;
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>What was backed up: the members, or a data directory.</summary>
    public string Source => _manifest.Source;

    /// <summary>The last transaction that it holds.</summary>
    public long Zxid => _manifest.LastZxid;

    /// <summary>When that was made, in local time; null when the backup has none since its snapshot.</summary>
    public DateTimeOffset? Time => _manifest.LastTime?.ToLocalTime();

    /// <summary>The first zxid that it can be restored to.</summary>
    public long FirstZxid => _manifest.FirstZxid;

    /// <summary>The epoch of the leader it was taken from; 0 for a standalone server's.</summary>
    public long Epoch => _manifest.Epoch;

    /// <summary>Number of znodes at <see cref="Zxid"/>, the root among them.</summary>
    public long ZNodeCount => _manifest.ZNodeCount;

    /// <summary>Number of sessions that were open at <see cref="Zxid"/>.</summary>
    public int SessionCount => _manifest.SessionCount;

    /// <summary>The ensemble's members, as its leader told them; null for a standalone server's.</summary>
    public string? Configuration => _manifest.Configuration;

    /// <summary>Bytes of all its files.</summary>
    public long Length => _manifest.Files.Sum(static f => f.Length);

    /// <summary>Its snapshots.</summary>
    public IReadOnlyList<BackupSnapshot> Snapshots => _manifest.Snapshots;

    /// <summary>Its files.</summary>
    public IReadOnlyList<BackupFile> Files => _manifest.Files;

    /// <summary>When it was begun, in local time.</summary>
    public DateTimeOffset Created => _manifest.Created.ToLocalTime();

    /// <summary>When it was last brought up to date, in local time.</summary>
    public DateTimeOffset Updated => _manifest.Updated.ToLocalTime();

    /// <summary>The folder.</summary>
    public override string ToString() => Path;
}
