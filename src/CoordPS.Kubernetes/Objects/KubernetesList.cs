namespace CoordPS.Kubernetes;

/// <summary>Objects as they were at one version of the server's data, from which a watch can go on.</summary>
/// <param name="Items">The objects.</param>
/// <param name="ResourceVersion">The version of the list.</param>
public sealed record KubernetesList(IReadOnlyList<KubernetesObject> Items, string ResourceVersion);
