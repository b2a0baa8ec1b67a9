using CoordPS.Kubernetes;

namespace CoordPS;

/// <summary>How far a rollout is.</summary>
public sealed class CoordRollout
{
    internal CoordRollout(RolloutStatus status, KubernetesObject workload, string? context, string? kubeConfig, TimeSpan elapsed = default)
    {
        Name = status.Name;
        Namespace = status.Namespace ?? "";
        Kind = status.Kind;
        Status = status.Phase;
        Revision = status.Revision;
        Image = string.Join(", ", Cmdlets.WorkloadKinds.ImagesOf(workload));
        Desired = status.Desired;
        Updated = status.Updated;
        Ready = status.Ready;
        Available = status.Available;
        Message = status.Message;
        Problem = status.Problems;
        Context = context;
        KubeConfig = kubeConfig;
        Elapsed = elapsed;
    }

    /// <summary>The workload's name.</summary>
    public string Name { get; }

    /// <summary>Its namespace.</summary>
    public string Namespace { get; }

    /// <summary>Its kind.</summary>
    public string Kind { get; }

    /// <summary>How far it is.</summary>
    public RolloutPhase Status { get; }

    /// <summary>A Deployment's revision; null for others, and while the cluster has not counted it.</summary>
    public long? Revision { get; }

    /// <summary>The images of the containers asked for, parted by commas.</summary>
    public string Image { get; }

    /// <summary>How many pods there should be.</summary>
    public int Desired { get; }

    /// <summary>How many are new.</summary>
    public int Updated { get; }

    /// <summary>How many are ready, old and new.</summary>
    public int Ready { get; }

    /// <summary>How many have been ready for long enough, old and new.</summary>
    public int Available { get; }

    /// <summary>What it waits for, or how it ended.</summary>
    public string Message { get; }

    /// <summary>What keeps it from being complete, what is certain first.</summary>
    public IReadOnlyList<RolloutProblem> Problem { get; }

    /// <summary>How long it was waited for.</summary>
    public TimeSpan Elapsed { get; }

    /// <summary>The context that it was read in; null in a pod.</summary>
    public string? Context { get; }

    /// <summary>The kubeconfig; null for the usual one.</summary>
    public string? KubeConfig { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Kind}/{Name} {Status}: {Message}";
}
