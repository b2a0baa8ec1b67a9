using CoordPS.Kubernetes;

namespace CoordPS;

/// <summary>An autoscaler of a workload. It binds to <c>Measure-CoordAutoscale</c>.</summary>
public sealed class CoordAutoscaler
{
    internal CoordAutoscaler(KubernetesObject autoscaler, CoordPublishAction? action, string? context, string? kubeConfig)
    {
        AutoscaleRules rules = Autoscaler.RulesOf(autoscaler);
        Name = autoscaler.Name;
        Namespace = autoscaler.Namespace ?? "";
        Kind = autoscaler.Spec.Object("scaleTargetRef").Text("kind") ?? "";
        MinReplicas = rules.MinReplicas;
        MaxReplicas = rules.MaxReplicas;
        TargetCpu = Autoscaler.TargetCpuOf(autoscaler);
        CurrentReplicas = autoscaler.Status.Int("currentReplicas");
        ApiVersion = autoscaler.ApiVersion;
        Action = action;
        Context = context;
        KubeConfig = kubeConfig;
    }

    /// <summary>Its name, which is that of the workload.</summary>
    public string Name { get; }

    /// <summary>Its namespace.</summary>
    public string Namespace { get; }

    /// <summary>The workload's kind.</summary>
    public string Kind { get; }

    /// <summary>The fewest pods.</summary>
    public int MinReplicas { get; }

    /// <summary>The most pods.</summary>
    public int MaxReplicas { get; }

    /// <summary>The CPU use that it aims at, in percent of the requests; null for none.</summary>
    public int? TargetCpu { get; }

    /// <summary>How many pods it has seen; null when it has not looked yet.</summary>
    public int? CurrentReplicas { get; }

    /// <summary>Group and version that the server keeps it in.</summary>
    public string ApiVersion { get; }

    /// <summary>What happened to it; null when it was only read.</summary>
    public CoordPublishAction? Action { get; }

    /// <summary>The context; null in a pod.</summary>
    public string? Context { get; }

    /// <summary>The kubeconfig; null for the usual one.</summary>
    public string? KubeConfig { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Kind}/{Name} {MinReplicas}..{MaxReplicas} at {TargetCpu}%";
}
