using System.Management.Automation;
using CoordPS.Cmdlets;
using CoordPS.Kubernetes;

namespace CoordPS;

/// <summary>A deployment, stateful set or daemon set. It binds to the cmdlets of rollouts, scale and pods.</summary>
public sealed class CoordDeployment
{
    private readonly KubernetesObject _object;

    internal CoordDeployment(KubernetesObject workload, string? context, string? kubeConfig)
    {
        _object = workload;
        bool isDaemonSet = workload.Kind == "DaemonSet";
        Name = workload.Name;
        Namespace = workload.Namespace ?? "";
        Kind = workload.Kind;
        Desired = (isDaemonSet ? workload.Status.Int("desiredNumberScheduled") : workload.Spec.Int("replicas") ?? 1) ?? 0;
        Updated = workload.Status.Int(isDaemonSet ? "updatedNumberScheduled" : "updatedReplicas") ?? 0;
        ReadyCount = workload.Status.Int(isDaemonSet ? "numberReady" : "readyReplicas") ?? 0;
        Available = workload.Status.Int(isDaemonSet ? "numberAvailable" : "availableReplicas") ?? (workload.Kind == "StatefulSet" ? ReadyCount : 0);
        Revision = RolloutHistory.RevisionOf(workload);
        Image = string.Join(", ", WorkloadKinds.ImagesOf(workload));
        IsPaused = workload.Spec.Flag("paused") ?? false;
        Created = (workload.CreationTimestamp ?? default).ToLocalTime();
        Labels = workload.Labels;
        Context = context;
        KubeConfig = kubeConfig;
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Its namespace.</summary>
    public string Namespace { get; }

    /// <summary>Its kind.</summary>
    public string Kind { get; }

    /// <summary>How many pods are ready, and how many there should be: <c>2/3</c>.</summary>
    public string Ready => $"{ReadyCount}/{Desired}";

    /// <summary>How many pods there should be.</summary>
    public int Desired { get; }

    /// <summary>How many pods are of the present template.</summary>
    public int Updated { get; }

    /// <summary>How many pods have been ready for long enough.</summary>
    public int Available { get; }

    /// <summary>A Deployment's revision; null for others.</summary>
    public long? Revision { get; }

    /// <summary>The images of the containers, parted by commas.</summary>
    public string Image { get; }

    /// <summary>Whether its rollout is paused.</summary>
    public bool IsPaused { get; }

    /// <summary>How long it has been there, by the clocks of server and client.</summary>
    public TimeSpan Age => DateTimeOffset.Now - Created;

    /// <summary>Since when.</summary>
    public DateTimeOffset Created { get; }

    /// <summary>Its labels.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; }

    /// <summary>All that the server knows of it, as an object like those of <c>New-CoordManifest</c>.</summary>
    public PSObject Manifest => Cmdlets.Manifest.ToObject(_object.Json);

    /// <summary>The context that it was read in; null in a pod.</summary>
    public string? Context { get; }

    /// <summary>The kubeconfig; null for the usual one.</summary>
    public string? KubeConfig { get; }

    private int ReadyCount { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Kind}/{Name} {Ready}";
}
