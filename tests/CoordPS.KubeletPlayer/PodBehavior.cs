using CoordPS.Kubernetes;

namespace CoordPS.KubeletPlayer;

/// <summary>
/// What becomes of a pod: the annotation <c>coordps.test/behavior</c> says it, else the tag of its first container's image, else it gets
/// ready. <c>coordps.test/ready: "false"</c> is the same as the behavior <c>pending</c>.
/// </summary>
public enum PodBehavior
{
    /// <summary><c>ready</c>: runs and is ready.</summary>
    Ready,

    /// <summary><c>pending</c>: is left alone, without a node.</summary>
    Pending,

    /// <summary><c>unschedulable</c>: has no node because there is not enough CPU.</summary>
    Unschedulable,

    /// <summary><c>not-ready</c>: runs and never gets ready.</summary>
    NotReady,

    /// <summary><c>crash-loop</c>: ends with exit code 1 again and again.</summary>
    CrashLoop,

    /// <summary><c>bad-image</c>: its image can't be pulled.</summary>
    BadImage,

    /// <summary><c>config-error</c>: a Secret that it names is not there.</summary>
    ConfigError,
}

internal static class PodBehaviors
{
    private static readonly Dictionary<string, PodBehavior> Names = new(StringComparer.Ordinal)
    {
        ["ready"] = PodBehavior.Ready,
        ["pending"] = PodBehavior.Pending,
        ["unschedulable"] = PodBehavior.Unschedulable,
        ["not-ready"] = PodBehavior.NotReady,
        ["crash-loop"] = PodBehavior.CrashLoop,
        ["bad-image"] = PodBehavior.BadImage,
        ["config-error"] = PodBehavior.ConfigError,
    };

    public static PodBehavior Of(KubernetesObject pod)
    {
        if (pod.Annotations.TryGetValue("coordps.test/behavior", out string? annotation))
            return Names.TryGetValue(annotation, out PodBehavior said) ? said : throw new InvalidOperationException($"There is no behavior '{annotation}'.");
        if (pod.Annotations.TryGetValue("coordps.test/ready", out string? ready) && ready == "false")
            return PodBehavior.Pending;
        string image = pod.At("spec", "containers", 0, "image")?.ToString() ?? "";
        return Names.GetValueOrDefault(image[(image.LastIndexOf(':') + 1)..], PodBehavior.Ready);
    }
}
