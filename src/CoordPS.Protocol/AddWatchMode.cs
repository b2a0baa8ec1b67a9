namespace CoordPS.Protocol;

/// <summary>Modes of a watch that stays.</summary>
public enum AddWatchMode
{
    /// <summary>Events of the znode itself and of its children's coming and going.</summary>
    Persistent = 0,

    /// <summary>Events of the znode and of all below it; no NodeChildrenChanged.</summary>
    PersistentRecursive = 1,
}
