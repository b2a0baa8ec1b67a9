namespace CoordPS.Protocol;

/// <summary>Kinds of watches that can be checked for and removed (Apache's <c>Watcher.WatcherType</c>).</summary>
public enum WatcherType
{
    /// <summary>One-shot child watches.</summary>
    Children = 1,

    /// <summary>One-shot data and exists watches.</summary>
    Data = 2,

    /// <summary>Every kind.</summary>
    Any = 3,

    /// <summary>Persistent watches (3.9 and later).</summary>
    Persistent = 4,

    /// <summary>Persistent recursive watches (3.9 and later).</summary>
    PersistentRecursive = 5,
}
