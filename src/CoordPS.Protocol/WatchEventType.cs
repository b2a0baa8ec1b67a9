namespace CoordPS.Protocol;

/// <summary>What happened to a watched znode (Apache's <c>Watcher.Event.EventType</c>).</summary>
public enum WatchEventType
{
    /// <summary>Nothing happened to a znode: the session's state changed.</summary>
    None = -1,

    /// <summary>The znode was created.</summary>
    NodeCreated = 1,

    /// <summary>The znode was deleted.</summary>
    NodeDeleted = 2,

    /// <summary>The znode's data was set.</summary>
    NodeDataChanged = 3,

    /// <summary>A child was created or deleted.</summary>
    NodeChildrenChanged = 4,

    /// <summary>A data watch was removed.</summary>
    DataWatchRemoved = 5,

    /// <summary>A child watch was removed.</summary>
    ChildWatchRemoved = 6,

    /// <summary>A persistent watch was removed.</summary>
    PersistentWatchRemoved = 7,
}
