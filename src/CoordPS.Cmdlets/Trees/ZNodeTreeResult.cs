using System.Diagnostics;
using CoordPS.Client.Trees;

namespace CoordPS;

/// <summary>What became of a tree that was copied, exported, imported or synchronized.</summary>
public sealed class ZNodeTreeResult
{
    private readonly long _started = Stopwatch.GetTimestamp();

    internal ZNodeTreeResult(string source, string destination)
    {
        Source = source;
        Destination = destination;
    }

    /// <summary>The znode or file that was read.</summary>
    public string Source { get; }

    /// <summary>The znode or file that was written.</summary>
    public string Destination { get; }

    /// <summary>Znodes created; in a file, znodes written.</summary>
    public long Created => Progress.Created;

    /// <summary>Znodes whose data or access control list was replaced.</summary>
    public long Updated => Progress.Updated;

    /// <summary>Znodes deleted.</summary>
    public long Deleted => Progress.Deleted;

    /// <summary>Znodes that were equal already.</summary>
    public long Unchanged => Progress.Unchanged;

    /// <summary>Znodes that could not be read or written.</summary>
    public long Failed => Progress.Failed;

    /// <summary>Bytes of data written.</summary>
    public long Bytes => Progress.Bytes;

    /// <summary>How long it took.</summary>
    public TimeSpan Elapsed { get; private set; }

    /// <summary>Znodes a second.</summary>
    public double Rate => Elapsed > TimeSpan.Zero ? Math.Round(Progress.Total / Elapsed.TotalSeconds) : 0;

    internal TreeCopyProgress Progress { get; set; } = new();

    internal void End() => Elapsed = Stopwatch.GetElapsedTime(_started);
}
