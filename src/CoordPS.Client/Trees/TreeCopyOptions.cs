namespace CoordPS.Client.Trees;

/// <summary>What a copy does where the target has something already.</summary>
public sealed class TreeCopyOptions
{
    /// <summary>
    /// Whether a znode of the target that differs is made like the source's; else it is a <see cref="TreeConflictException"/> and left as it is.
    /// Default false.
    /// </summary>
    public bool Overwrite { get; init; }

    /// <summary>Whether what only the target has is deleted; else it is left as it is. Default false.</summary>
    public bool Delete { get; init; }

    /// <summary>Whether access control lists are copied: else what is created is open to everyone, and lists that differ do not count. Default true.</summary>
    public bool CopyAcl { get; init; } = true;

    /// <summary>Whether nothing is changed and only counted what would be. Default false.</summary>
    public bool DryRun { get; init; }

    /// <summary>Told each difference found, before anything is done about it, on any thread. It may wait.</summary>
    public Func<TreePair, ValueTask>? OnDifference { get; init; }
}
