namespace CoordPS.Client.Trees;

/// <summary>What a walk reads, and how far it runs ahead.</summary>
public sealed class TreeWalkOptions
{
    /// <summary>How far below the root it goes; 0 is the root alone. Default: all the way.</summary>
    public int MaxDepth { get; init; } = int.MaxValue;

    /// <summary>Whether the data is read. Default true.</summary>
    public bool WithData { get; init; } = true;

    /// <summary>Whether the access control lists are read. Default false.</summary>
    public bool WithAcl { get; init; }

    /// <summary>The most znodes read ahead of the one that is consumed. Default 512.</summary>
    public int Window { get; init; } = 512;

    /// <summary>
    /// The most bytes of data read ahead, as far as sizes are known before the data is asked for: with <see cref="WithAcl"/>. The znode that
    /// is next is read whatever its size. Default 16 MiB.
    /// </summary>
    public long WindowBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>Znodes to leave out with all below them, by their paths, before anything of them is read. Never asked for the root of the walk.</summary>
    public Func<string, bool>? Exclude { get; init; }

    /// <summary>Begins after this path, which need not exist any more: to go on with a walk that was interrupted. Default: at the root.</summary>
    public string? After { get; init; }
}
