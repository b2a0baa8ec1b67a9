using CoordPS.Server.Backup;

namespace CoordPS;

/// <summary>A data directory as <c>Restore-CoordEnsemble</c> has left it.</summary>
public sealed class CoordRestore
{
    internal CoordRestore(RestorePoint point, RestoredDirectory directory)
    {
        DataPath = directory.DataDir;
        ReplacedPath = directory.Replaced;
        Source = point.Source;
        Zxid = point.Zxid;
        Time = point.Time?.ToLocalTime();
        ZNodeCount = point.ZNodeCount;
        EphemeralCount = point.EphemeralCount;
        SessionCount = point.SessionCount;
    }

    /// <summary>The data directory.</summary>
    public string DataPath { get; }

    /// <summary>The last transaction that it has.</summary>
    public long Zxid { get; }

    /// <summary>When that was made, in local time; null when the files don't tell.</summary>
    public DateTimeOffset? Time { get; }

    /// <summary>Number of znodes, the root among them.</summary>
    public int ZNodeCount { get; }

    /// <summary>Number of ephemerals.</summary>
    public int EphemeralCount { get; }

    /// <summary>Number of sessions, which expire if their clients don't come back.</summary>
    public int SessionCount { get; }

    /// <summary>What it was restored from.</summary>
    public string Source { get; }

    /// <summary>Where the files are now that were there before; none if there were none.</summary>
    public IReadOnlyList<string> ReplacedPath { get; }

    /// <summary>The data directory.</summary>
    public override string ToString() => DataPath;
}
