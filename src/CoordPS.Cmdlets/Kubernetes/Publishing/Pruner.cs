using CoordPS.Kubernetes;

namespace CoordPS.Cmdlets;

/// <summary>Finds what a field manager has applied once and is not published any more.</summary>
internal static class Pruner
{
    /// <summary>The kinds that are looked at. What holds data (volume claims, namespaces) or belongs to a cluster is never pruned.</summary>
    private static readonly (string ApiVersion, string Kind)[] Kinds =
    [
        ("autoscaling/*", "HorizontalPodAutoscaler"), ("networking.k8s.io/v1", "Ingress"), ("apps/v1", "Deployment"), ("apps/v1", "StatefulSet"),
        ("apps/v1", "DaemonSet"), ("batch/v1", "Job"), ("batch/*", "CronJob"), ("v1", "Service"), ("policy/*", "PodDisruptionBudget"),
        ("v1", "ConfigMap"), ("v1", "Secret"), ("v1", "ServiceAccount"),
    ];

    /// <summary>Those objects, with their types.</summary>
    /// <param name="client">The cluster.</param>
    /// <param name="namespaces">Where to look.</param>
    /// <param name="selector">The labels that they have.</param>
    /// <param name="manager">Who has applied them.</param>
    /// <param name="published">What stays: kind, namespace and name.</param>
    /// <param name="ct">Ends it.</param>
    public static async Task<IReadOnlyList<(ResourceType Type, KubernetesObject Object)>> FindAsync(
        KubernetesClient client, IEnumerable<string> namespaces, string selector, string manager, ISet<(string Kind, string? Namespace, string Name)> published, CancellationToken ct)
    {
        var found = new List<(ResourceType, KubernetesObject)>();
        var options = new ListOptions { LabelSelector = selector };
        foreach ((string apiVersion, string kind) in Kinds)
        {
            if (await ServedAsync(client, apiVersion, kind, ct).ConfigureAwait(false) is not { } type)
                continue;
            foreach (string ns in namespaces)
            {
                KubernetesList list = await client.ListAsync(type, ns, options, ct).ConfigureAwait(false);
                found.AddRange(list.Items
                    .Where(one => one.Controller is null && AppliedFields.Any(one, manager) && !published.Contains((one.Kind, one.Namespace, one.Name)))
                    .Select(one => (type, one)));
            }
        }

        return found;
    }

    private static async Task<ResourceType?> ServedAsync(KubernetesClient client, string apiVersion, string kind, CancellationToken ct)
    {
        string group = apiVersion.Split('/')[0];
        IEnumerable<string> versions = apiVersion.EndsWith("/*", StringComparison.Ordinal)
            ? (await client.Discovery.GetGroupsAsync(ct).ConfigureAwait(false)).Where(one => one.Name == group).SelectMany(static one => one.Versions)
            : [apiVersion];
        foreach (string version in versions)
        {
            if ((await client.Discovery.GetTypesAsync(version, ct).ConfigureAwait(false)).FirstOrDefault(type => type.Kind == kind) is { } type)
                return type;
        }

        return null;
    }
}
