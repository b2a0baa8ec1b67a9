using CoordPS.Protocol;

namespace CoordPS.Client;

/// <summary>What a watch reports: a change of a znode, or, with type <see cref="WatchEventType.None"/>, of the session.</summary>
/// <param name="Type">What happened.</param>
/// <param name="State">The session's state when it happened.</param>
/// <param name="Path">The znode, relative to the chroot; null for a session event.</param>
/// <param name="Zxid">The transaction that caused it; -1 when unknown (servers before 3.9 don't say) and for session events.</param>
public sealed record WatchedEvent(WatchEventType Type, KeeperState State, string? Path, long Zxid = -1)
{
    /// <summary>Whether the event is about the session and not about a znode.</summary>
    public bool IsSessionEvent => Type == WatchEventType.None;
}
