namespace CoordPS.Kubernetes;

/// <summary>How an object is written.</summary>
public record WriteOptions
{
    /// <summary>Who writes it: the name under which the server keeps which fields are whose. Default: <c>coordps</c>.</summary>
    public string FieldManager { get; init; } = "coordps";

    /// <summary>Whether the server only says what would be, after all its checks, and changes nothing.</summary>
    public bool DryRun { get; init; }
}

/// <summary>How an object is applied.</summary>
public sealed record ApplyOptions : WriteOptions
{
    /// <summary>
    /// Whether fields that others manage are taken over; otherwise that is a conflict. Fields that the same manager set by other means
    /// than an apply, such as a scale or an undo, are always taken over.
    /// </summary>
    public bool Force { get; init; }
}

/// <summary>The forms of a patch.</summary>
public enum PatchKind
{
    /// <summary>JSON merge patch, RFC 7386: maps are merged, lists replaced, null removes.</summary>
    Merge,

    /// <summary>Strategic merge patch: lists of known types are merged by their keys. Not for custom resources.</summary>
    Strategic,

    /// <summary>JSON patch, RFC 6902: a list of operations.</summary>
    Json,
}

/// <summary>What happens to the objects that one owns when it is deleted.</summary>
public enum DeletePropagation
{
    /// <summary>The owner goes at once, and the garbage collector deletes the others.</summary>
    Background,

    /// <summary>The others go first, then the owner.</summary>
    Foreground,

    /// <summary>The others stay.</summary>
    Orphan,
}

/// <summary>How an object is deleted.</summary>
public sealed record DeleteOptions
{
    /// <summary>What happens to what it owns. Default: <see cref="DeletePropagation.Background"/>.</summary>
    public DeletePropagation Propagation { get; init; } = DeletePropagation.Background;

    /// <summary>How many seconds a pod has to end; null for what it says itself.</summary>
    public int? GracePeriodSeconds { get; init; }

    /// <summary>Only the object with this identity is deleted, not one made meanwhile under the same name; null for any.</summary>
    public string? Uid { get; init; }

    /// <summary>Whether the server only checks.</summary>
    public bool DryRun { get; init; }
}

/// <summary>Which objects.</summary>
public record ListOptions
{
    /// <summary>By label, such as <c>app=web,tier!=cache</c>; null for all.</summary>
    public string? LabelSelector { get; init; }

    /// <summary>By field, such as <c>metadata.name=web</c>; null for all.</summary>
    public string? FieldSelector { get; init; }

    /// <summary>Whether all namespaces are looked at; the namespace given does not matter then.</summary>
    public bool AllNamespaces { get; init; }

    /// <summary>How many objects are asked for at once. Default: 500.</summary>
    public int PageSize { get; init; } = 500;
}

/// <summary>Which part of a log.</summary>
public sealed record LogOptions
{
    /// <summary>The container; null for the only one.</summary>
    public string? Container { get; init; }

    /// <summary>Whether to go on until the container ends.</summary>
    public bool Follow { get; init; }

    /// <summary>How many lines from the end; null for all.</summary>
    public int? TailLines { get; init; }

    /// <summary>Only lines since then; null for all.</summary>
    public DateTimeOffset? SinceTime { get; init; }

    /// <summary>Only lines of this last while; null for all.</summary>
    public TimeSpan? Since { get; init; }

    /// <summary>Whether the log is that of the container's run before this one.</summary>
    public bool Previous { get; init; }

    /// <summary>Whether each line begins with its time.</summary>
    public bool Timestamps { get; init; }
}

/// <summary>How many replicas are asked for and how many there are, as the <c>scale</c> subresource says.</summary>
/// <param name="Desired">Asked for.</param>
/// <param name="Current">There.</param>
/// <param name="Selector">The labels that select the pods; empty if the type does not tell.</param>
public sealed record ScaleState(int Desired, int Current, string Selector);
