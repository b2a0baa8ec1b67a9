using System.Text.Json.Nodes;
using CoordPS.Kubernetes;

namespace CoordPS.Cmdlets;

/// <summary>The types of resource that workloads are.</summary>
internal static class WorkloadKinds
{
    /// <summary>The type of a kind.</summary>
    public static ResourceType TypeOf(CoordWorkloadKind kind) => kind switch
    {
        CoordWorkloadKind.StatefulSet => ResourceType.StatefulSets,
        CoordWorkloadKind.DaemonSet => ResourceType.DaemonSets,
        _ => ResourceType.Deployments,
    };

    /// <summary>The kind of an object; null for what is no workload.</summary>
    public static CoordWorkloadKind? Of(KubernetesObject value) =>
        value.Group == "apps" && Enum.TryParse(value.Kind, out CoordWorkloadKind kind) ? kind : null;

    /// <summary>The images of a workload's containers, in order.</summary>
    public static IReadOnlyList<string> ImagesOf(KubernetesObject value) =>
        [.. (value.Spec.Object("template").Object("spec").Objects("containers")).Select(static container => container.Text("image") ?? "")];

    /// <summary>The labels that select a workload's pods, as a query.</summary>
    public static string SelectorOf(KubernetesObject value)
    {
        JsonObject? selector = value.Spec.Object("selector");
        IEnumerable<string> terms = selector.Object("matchLabels").Texts().Select(static pair => $"{pair.Key}={pair.Value}")
            .Concat(selector.Objects("matchExpressions").Select(static term =>
            {
                string key = term.Text("key") ?? "", values = string.Join(",", (term.Array("values") ?? []).Select(static one => one!.ToString()));
                return term.Text("operator") switch
                {
                    "In" => $"{key} in ({values})",
                    "NotIn" => $"{key} notin ({values})",
                    "DoesNotExist" => $"!{key}",
                    _ => key,
                };
            }));
        return string.Join(",", terms);
    }
}
