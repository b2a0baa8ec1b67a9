namespace CoordPS.Client;

/// <summary>The local tables of watches, as a server keeps them for the session.</summary>
internal enum WatchKind
{
    /// <summary>One-shot: data set, znode deleted.</summary>
    Data,

    /// <summary>One-shot: znode created; of an exists that found none.</summary>
    Exists,

    /// <summary>One-shot: children come and gone, znode deleted.</summary>
    Children,

    /// <summary>Stays: the znode and its children.</summary>
    Persistent,

    /// <summary>Stays: the znode and all below it.</summary>
    PersistentRecursive,
}
