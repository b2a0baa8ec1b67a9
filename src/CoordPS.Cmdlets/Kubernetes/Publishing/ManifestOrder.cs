using CoordPS.Kubernetes;

namespace CoordPS.Cmdlets;

/// <summary>In which order objects are applied: first what others live in or are checked against, then what they use, workloads last.</summary>
internal static class ManifestOrder
{
    private static readonly string[] First =
    [
        "Namespace", "CustomResourceDefinition", "PriorityClass", "StorageClass", "ResourceQuota", "LimitRange", "NetworkPolicy", "PodDisruptionBudget",
        "ServiceAccount", "Secret", "ConfigMap", "PersistentVolume", "PersistentVolumeClaim", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding", "Service",
    ];

    private static readonly string[] Last = ["HorizontalPodAutoscaler", "Ingress", "APIService", "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

    /// <summary>The place of a kind; equal ones keep their order.</summary>
    public static int Rank(string kind)
    {
        int first = Array.IndexOf(First, kind);
        return first >= 0 ? first - First.Length : Array.IndexOf(Last, kind) + 1;
    }

    /// <summary>Whether what comes after can't be applied before this is there.</summary>
    public static bool IsPrerequisite(string kind) => kind is "Namespace" or "CustomResourceDefinition";

    /// <summary>The objects in that order.</summary>
    public static IEnumerable<KubernetesObject> Sort(IEnumerable<KubernetesObject> objects) => objects.OrderBy(static one => Rank(one.Kind));
}
