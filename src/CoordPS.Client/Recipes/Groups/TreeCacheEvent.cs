using CoordPS.Protocol;

namespace CoordPS.Client.Recipes;

/// <summary>What happened to a cached tree.</summary>
public enum TreeCacheEventType
{
    /// <summary>A znode came.</summary>
    Added,

    /// <summary>A znode's data changed.</summary>
    Changed,

    /// <summary>A znode went; its last data comes with the event.</summary>
    Removed,

    /// <summary>The tree has been read for the first time; what was there was reported as added.</summary>
    Initialized,

    /// <summary>The connection is lost: the view may be old from here on.</summary>
    Suspended,

    /// <summary>The view is up to date again; what changed meanwhile was reported before this.</summary>
    Resumed,
}

/// <summary>A change of a cached tree.</summary>
/// <param name="Type">What happened.</param>
/// <param name="Path">The znode; null for what concerns the whole tree.</param>
/// <param name="Node">The znode as it is now, or, removed, as it was last.</param>
/// <param name="Previous">For a change, the znode as it was before.</param>
public sealed record TreeCacheEvent(TreeCacheEventType Type, string? Path = null, ZNodeData? Node = null, ZNodeData? Previous = null);
