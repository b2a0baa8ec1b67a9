namespace CoordPS.Client.Trees;

/// <summary>What a file says of the tree in it.</summary>
public sealed record TreeArchiveHeader
{
    /// <summary>The servers and chroot that it was read from; null in a file written by hand.</summary>
    public string? Source { get; init; }

    /// <summary>The znode that is the tree's root; null in a file written by hand.</summary>
    public string? Root { get; init; }

    /// <summary>When the reading began.</summary>
    public DateTimeOffset? Exported { get; init; }

    /// <summary>
    /// What was left in or out, in words of the exporter's: an interrupted export is only gone on with if it is the same. Null for nothing special.
    /// </summary>
    public string? Options { get; init; }

    /// <summary>Whether the znodes come in the order of <see cref="TreePath.Compare"/>; else the whole file is held in memory to sort them.</summary>
    public bool Sorted { get; init; }
}
