namespace CoordPS.Kubernetes;

/// <summary>What happened to an object.</summary>
public enum WatchEventType
{
    /// <summary>It is there: it was when the watch began, or it was created since.</summary>
    Added,

    /// <summary>It was changed.</summary>
    Modified,

    /// <summary>It is gone; the object is as it was last.</summary>
    Deleted,

    /// <summary>All that was there when the watch began, or began anew, has been told.</summary>
    Synced,
}

/// <summary>One change.</summary>
/// <param name="Type">What happened.</param>
/// <param name="Object">The object; null for <see cref="WatchEventType.Synced"/>.</param>
/// <param name="ResourceVersion">The server's version of its data after it.</param>
public sealed record WatchEvent(WatchEventType Type, KubernetesObject? Object, string ResourceVersion)
{
    /// <summary>For <see cref="WatchEventType.Synced"/>, whether there is any object; true for all others.</summary>
    public bool HasObjects { get; init; } = true;
}
