namespace CoordPS.Client.Trees;

/// <summary>What is read of a tree in an ensemble.</summary>
public sealed class EnsembleTreeOptions
{
    /// <summary>Whether ephemerals are part of the tree. Default false.</summary>
    public bool IncludeEphemerals { get; init; }

    /// <summary>Whether the tree is there and empty when its root does not exist; else that is a failure. Default false.</summary>
    public bool MayBeMissing { get; init; }

    /// <summary>How far below the root it goes; 0 is the root alone. Default: all the way.</summary>
    public int MaxDepth { get; init; } = int.MaxValue;

    /// <summary>Which parts of the tree; null for all.</summary>
    public TreeFilter? Filter { get; init; }

    /// <summary>Begins after this path within the tree; default: at the root.</summary>
    public string? After { get; init; }
}
