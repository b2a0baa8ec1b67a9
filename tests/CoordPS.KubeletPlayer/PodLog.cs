using CoordPS.Kubernetes;

namespace CoordPS.KubeletPlayer;

/// <summary>
/// What a played pod's log is: the lines of its annotation <c>coordps.test/log</c>, to which lines may be added while it is followed; else
/// two lines that say how it goes.
/// </summary>
public static class PodLog
{
    /// <summary>The lines as of now.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="container">The container.</param>
    /// <param name="previous">Whether those of the run before are asked for.</param>
    public static IReadOnlyList<string> Lines(KubernetesObject pod, string container, bool previous)
    {
        if (pod.Annotations.TryGetValue("coordps.test/log", out string? text))
            return text.TrimEnd('\n').Split('\n');
        return PodBehaviors.Of(pod) == PodBehavior.CrashLoop || previous
            ? [$"{container} starts", "fatal: the database is not there"]
            : [$"{container} starts", $"{container} listens"];
    }
}
