using System.Text.Json.Nodes;

namespace CoordPS.Kubernetes;

/// <summary>A HorizontalPodAutoscaler in any of its versions, and what its controller reads.</summary>
public static class Autoscaler
{
    /// <summary>The readings of pods, sorted as the controller does it.</summary>
    /// <param name="pods">The pods that the target selects.</param>
    /// <param name="usage">What each uses, by name; of a pod that is not in it there is no reading.</param>
    /// <param name="resource">The resource: <c>cpu</c> or <c>memory</c>.</param>
    /// <param name="now">The time.</param>
    /// <param name="initialization">How long after its start a pod's CPU readings count only while it is ready. Default: 5 min.</param>
    /// <param name="initialReadinessDelay">How long after its start a pod may become ready for the first time. Default: 30 s.</param>
    public static IReadOnlyList<AutoscaleReading> Read(IEnumerable<KubernetesObject> pods, IReadOnlyDictionary<string, double> usage, string resource, DateTimeOffset now,
        TimeSpan? initialization = null, TimeSpan? initialReadinessDelay = null)
    {
        ArgumentNullException.ThrowIfNull(pods);
        ArgumentNullException.ThrowIfNull(usage);
        TimeSpan starting = initialization ?? TimeSpan.FromMinutes(5), delay = initialReadinessDelay ?? TimeSpan.FromSeconds(30);
        return
        [
            .. pods.Select(value =>
            {
                var pod = new Pod(value);
                double? used = usage.TryGetValue(pod.Name, out double reading) ? reading : null;
                return new AutoscaleReading(pod.Name, used, RequestOf(pod, resource), StateOf(pod, used, resource, now, starting, delay));
            }),
        ];
    }

    /// <summary>What a pod requests of a resource: the sum of its containers; 0 if one requests none.</summary>
    public static double RequestOf(KubernetesObject pod, string resource)
    {
        ArgumentNullException.ThrowIfNull(pod);
        double sum = 0;
        foreach (JsonObject container in pod.Spec.Objects("containers"))
        {
            string? text = container.Object("resources").Object("requests")?[resource]?.ToString();
            if (!Quantity.TryParse(text, out decimal request))
                return 0;
            sum += (double)request;
        }

        return sum;
    }

    /// <summary>What each pod uses, by name, of a <c>PodMetricsList</c> of <c>metrics.k8s.io</c>.</summary>
    /// <param name="list">The list.</param>
    /// <param name="resource">The resource: <c>cpu</c> or <c>memory</c>.</param>
    public static IReadOnlyDictionary<string, double> UsageOf(JsonObject list, string resource)
    {
        var usage = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (JsonObject item in list.Objects("items"))
        {
            if (item.Object("metadata").Text("name") is { } name)
                usage[name] = (double)item.Objects("containers").Sum(c => Quantity.TryParse(c.Object("usage")?[resource]?.ToString(), out decimal used) ? used : 0);
        }

        return usage;
    }

    /// <summary>The bounds and behavior that an autoscaler asks for.</summary>
    public static AutoscaleRules RulesOf(KubernetesObject autoscaler)
    {
        ArgumentNullException.ThrowIfNull(autoscaler);
        JsonObject? behavior = autoscaler.Spec.Object("behavior");
        return new AutoscaleRules
        {
            MinReplicas = autoscaler.Spec.Int("minReplicas") ?? 1,
            MaxReplicas = autoscaler.Spec.Int("maxReplicas") ?? 1,
            ScaleUp = behavior is null ? null : BehaviorOf(behavior.Object("scaleUp"), AutoscaleBehavior.DefaultUp),
            ScaleDown = behavior is null ? null : BehaviorOf(behavior.Object("scaleDown"), AutoscaleBehavior.DefaultDown),
        };
    }

    /// <summary>The CPU utilization that an autoscaler aims at, in percent of the requests; null if it aims at none.</summary>
    public static int? TargetCpuOf(KubernetesObject autoscaler)
    {
        ArgumentNullException.ThrowIfNull(autoscaler);
        return autoscaler.Spec.Int("targetCPUUtilizationPercentage") ?? autoscaler.Spec.Objects("metrics")
            .Where(IsCpu).Select(static m => m.Object("resource").Object("target").Int("averageUtilization")).FirstOrDefault();
    }

    /// <summary>The metrics of an autoscaler (<c>autoscaling/v2</c> or <c>v2beta2</c>) with another target of CPU utilization; all others as they are.</summary>
    /// <param name="autoscaler">The autoscaler; it stays as it is.</param>
    /// <param name="target">The target, in percent of the requests; null leaves it as it is.</param>
    public static JsonArray MetricsWith(KubernetesObject autoscaler, int? target)
    {
        ArgumentNullException.ThrowIfNull(autoscaler);
        var metrics = new JsonArray([.. autoscaler.Spec.Objects("metrics").Select(static m => m.DeepClone())]);
        if (target is { } percent)
        {
            int at = metrics.ToList().FindIndex(static m => IsCpu((JsonObject)m!));
            if (at < 0)
                metrics.Add((JsonNode)CpuMetric(percent));
            else
                metrics[at] = CpuMetric(percent);
        }

        return metrics;
    }

    private static bool IsCpu(JsonObject metric) => metric.Text("type") == "Resource" && metric.Object("resource").Text("name") == "cpu";

    private static JsonObject CpuMetric(int percent) => new JsonObject
    {
        ["type"] = "Resource",
        ["resource"] = new JsonObject { ["name"] = "cpu", ["target"] = new JsonObject { ["type"] = "Utilization", ["averageUtilization"] = percent } },
    };

    /// <summary>The same autoscaler in another version: <c>autoscaling/v2</c>, <c>v2beta2</c> or <c>v1</c>.</summary>
    /// <param name="autoscaler">The autoscaler; it stays as it is.</param>
    /// <param name="apiVersion">The version.</param>
    /// <exception cref="KubernetesException">That version can't say what it says: v1 has a CPU target only.</exception>
    public static KubernetesObject Convert(KubernetesObject autoscaler, string apiVersion)
    {
        ArgumentNullException.ThrowIfNull(autoscaler);
        KubernetesObject result = autoscaler.Clone();
        bool wasFirst = autoscaler.ApiVersion == "autoscaling/v1", isFirst = apiVersion == "autoscaling/v1";
        result.ApiVersion = apiVersion;
        if (wasFirst == isFirst || result.Spec is not { } spec)
            return result;
        // What a version observed is not what another one reads.
        result.Json.Remove("status");
        if (wasFirst)
        {
            if (spec.Int("targetCPUUtilizationPercentage") is { } percent)
            {
                spec["metrics"] = new JsonArray(CpuMetric(percent));
            }

            spec.Remove("targetCPUUtilizationPercentage");
            return result;
        }

        JsonObject[] metrics = [.. spec.Objects("metrics")];
        bool plain = metrics.Length == 0 || (metrics.Length == 1 && TargetCpuOf(autoscaler) is not null);
        if (!plain || spec["behavior"] is not null)
        {
            throw new KubernetesException(KubernetesErrorKind.Invalid,
                $"{autoscaler.Description} has {(plain ? "a behavior" : "metrics")} that autoscaling/v1, the only version that the server serves, does not have.",
                "Use one target of CPU utilization and no behavior, or a newer cluster.")
            { Target = autoscaler.Description };
        }

        int? target = TargetCpuOf(autoscaler);
        spec.Remove("metrics");
        if (target is { } cpu)
            spec["targetCPUUtilizationPercentage"] = cpu;
        return result;
    }

    private static AutoscaleBehavior BehaviorOf(JsonObject? json, AutoscaleBehavior defaults) => json is null ? defaults : new AutoscaleBehavior
    {
        StabilizationWindowSeconds = json.Int("stabilizationWindowSeconds") ?? defaults.StabilizationWindowSeconds,
        SelectPolicy = json.Text("selectPolicy") ?? "Max",
        Policies = json.Array("policies") is { Count: > 0 }
            ? [.. json.Objects("policies").Select(static p => new AutoscalePolicy(p.Text("type") == "Percent", p.Int("value") ?? 0, p.Int("periodSeconds") ?? 15))]
            : defaults.Policies,
    };

    private static AutoscalePodState StateOf(Pod pod, double? used, string resource, DateTimeOffset now, TimeSpan starting, TimeSpan delay)
    {
        if (pod.DeletionTimestamp is not null || pod.Phase == "Failed")
            return AutoscalePodState.Excluded;
        if (pod.Phase == "Pending")
            return AutoscalePodState.NotReady;
        if (used is null || resource != "cpu")
            return AutoscalePodState.Ready;
        Condition? ready = pod.Conditions.FirstOrDefault(static c => c.Type == "Ready");
        if (ready is null || pod.StartTime is not { } started)
            return AutoscalePodState.NotReady;
        if (ready.IsTrue)
            return AutoscalePodState.Ready;
        // Not ready: while it starts, or if it never was ready since.
        return now < started + starting || (ready.LastTransition is { } last && last < started + delay) ? AutoscalePodState.NotReady : AutoscalePodState.Ready;
    }
}
