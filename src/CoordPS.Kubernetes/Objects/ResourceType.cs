namespace CoordPS.Kubernetes;

/// <summary>A type of resource that the server serves in one version.</summary>
/// <param name="Group">The API group; empty for the core group.</param>
/// <param name="Version">The version, such as <c>v1</c>.</param>
/// <param name="Plural">The name in URLs, such as <c>deployments</c>.</param>
/// <param name="Kind">The kind, such as <c>Deployment</c>.</param>
/// <param name="IsNamespaced">Whether its objects live in namespaces.</param>
public sealed record ResourceType(string Group, string Version, string Plural, string Kind, bool IsNamespaced)
{
    /// <summary>Pods.</summary>
    public static ResourceType Pods { get; } = new("", "v1", "pods", "Pod", true);

    /// <summary>Services.</summary>
    public static ResourceType Services { get; } = new("", "v1", "services", "Service", true);

    /// <summary>ConfigMaps.</summary>
    public static ResourceType ConfigMaps { get; } = new("", "v1", "configmaps", "ConfigMap", true);

    /// <summary>Secrets.</summary>
    public static ResourceType Secrets { get; } = new("", "v1", "secrets", "Secret", true);

    /// <summary>Namespaces.</summary>
    public static ResourceType Namespaces { get; } = new("", "v1", "namespaces", "Namespace", false);

    /// <summary>Nodes.</summary>
    public static ResourceType Nodes { get; } = new("", "v1", "nodes", "Node", false);

    /// <summary>Events, of the core group.</summary>
    public static ResourceType Events { get; } = new("", "v1", "events", "Event", true);

    /// <summary>Deployments.</summary>
    public static ResourceType Deployments { get; } = new("apps", "v1", "deployments", "Deployment", true);

    /// <summary>ReplicaSets.</summary>
    public static ResourceType ReplicaSets { get; } = new("apps", "v1", "replicasets", "ReplicaSet", true);

    /// <summary>StatefulSets.</summary>
    public static ResourceType StatefulSets { get; } = new("apps", "v1", "statefulsets", "StatefulSet", true);

    /// <summary>DaemonSets.</summary>
    public static ResourceType DaemonSets { get; } = new("apps", "v1", "daemonsets", "DaemonSet", true);

    /// <summary>ControllerRevisions, in which StatefulSets and DaemonSets keep their history.</summary>
    public static ResourceType ControllerRevisions { get; } = new("apps", "v1", "controllerrevisions", "ControllerRevision", true);

    /// <summary>The name of one, such as <c>deployment</c>; the kind in lower case if the server does not say.</summary>
    public string Singular { get; init; } = Kind.ToLowerInvariant();

    /// <summary>The names for short, such as <c>deploy</c>; empty if discovery was not asked.</summary>
    public IReadOnlyList<string> ShortNames { get; init; } = [];

    /// <summary>What can be done with it, such as <c>list</c>; empty if discovery was not asked.</summary>
    public IReadOnlyList<string> Verbs { get; init; } = [];

    /// <summary>Its subresources, such as <c>scale</c>; empty if discovery was not asked.</summary>
    public IReadOnlyList<string> Subresources { get; init; } = [];

    /// <summary>Group and version, such as <c>apps/v1</c>; <c>v1</c> for the core group.</summary>
    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <summary>The name with its group, such as <c>deployments.apps</c>.</summary>
    public string QualifiedName => Group.Length == 0 ? Plural : $"{Plural}.{Group}";

    /// <summary>What one object is called in messages: <c>deployments.apps "web" in namespace shop</c>.</summary>
    internal string Describe(string? name, string? ns) =>
        $"{QualifiedName}{(name is null ? "" : $" \"{name}\"")}{(ns is null || !IsNamespaced ? "" : $" in namespace {ns}")}";

    /// <summary>The path of a URL, without a slash before it.</summary>
    internal string Path(string? ns, string? name = null, string? subresource = null)
    {
        string path = Group.Length == 0 ? $"api/{Version}" : $"apis/{Group}/{Version}";
        if (IsNamespaced && ns is not null)
            path += $"/namespaces/{Uri.EscapeDataString(ns)}";
        path += $"/{Plural}";
        if (name is not null)
            path += $"/{Uri.EscapeDataString(name)}";
        return subresource is null ? path : $"{path}/{subresource}";
    }

    /// <inheritdoc/>
    public bool Equals(ResourceType? other) => other is not null && Group == other.Group && Version == other.Version && Plural == other.Plural;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Group, Version, Plural);

    /// <inheritdoc/>
    public override string ToString() => $"{QualifiedName} ({ApiVersion})";
}
