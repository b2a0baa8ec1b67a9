using CoordPS.Protocol;

namespace CoordPS;

/// <summary>What happened to a znode.</summary>
public enum ZNodeEventType
{
    /// <summary>It was created.</summary>
    Created,

    /// <summary>Its data was set.</summary>
    DataChanged,

    /// <summary>A child of it was created or removed; not with <c>-Recurse</c>, where the child has an event of its own.</summary>
    ChildrenChanged,

    /// <summary>It was removed.</summary>
    Deleted,
}

/// <summary>A change of a znode, as <c>Watch-ZNode</c> reports it.</summary>
public sealed class ZNodeEvent
{
    internal ZNodeEvent(CoordSession session, string path, ZNodeEventType type, long zxid)
    {
        Session = session;
        Path = path;
        Type = type;
        Zxid = zxid >= 0 ? zxid : null;
    }

    /// <summary>When the event arrived here, in local time.</summary>
    public DateTimeOffset Time { get; } = DateTimeOffset.Now;

    /// <summary>What happened.</summary>
    public ZNodeEventType Type { get; }

    /// <summary>The znode.</summary>
    public string Path { get; }

    /// <summary>The transaction that did it, where the server tells (3.9 and later).</summary>
    public long? Zxid { get; }

    /// <summary>The znode as it was when it was read after the event: with <c>-WithData</c>, and if it still existed.</summary>
    public ZNode? ZNode { get; init; }

    /// <summary>The data of <see cref="ZNode"/>.</summary>
    public byte[]? Data => ZNode?.Data;

    /// <summary>The value of <see cref="ZNode"/>.</summary>
    public object? Value => ZNode?.Value;

    /// <summary>The session that watches.</summary>
    public CoordSession Session { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Type} {Path}";

    internal static ZNodeEventType? TypeOf(WatchEventType type) => type switch
    {
        WatchEventType.NodeCreated => ZNodeEventType.Created,
        WatchEventType.NodeDataChanged => ZNodeEventType.DataChanged,
        WatchEventType.NodeChildrenChanged => ZNodeEventType.ChildrenChanged,
        WatchEventType.NodeDeleted => ZNodeEventType.Deleted,
        _ => null,
    };
}
