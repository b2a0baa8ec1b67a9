using System.Management.Automation;
using System.Text.Json.Nodes;
using CoordPS.Kubernetes;

namespace CoordPS.Cmdlets;

/// <summary>A cmdlet over the rollouts of workloads.</summary>
public abstract class RolloutCmdlet : KubernetesCmdlet
{
    /// <summary>The deployments' names; or those of stateful sets or daemon sets, where <c>-Kind</c> says so.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(WorkloadCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = [];

    /// <summary>
    /// <c>Deployment</c>, the default, <c>StatefulSet</c> or <c>DaemonSet</c>. Objects of the pipeline that are of another kind, such as the
    /// services that <c>Publish-CoordDeployment</c> emits, are passed over.
    /// </summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(WorkloadKindCompleter))]
    [ValidateNotNullOrEmpty]
    public string Kind { get; set; } = nameof(CoordWorkloadKind.Deployment);

    /// <summary>Who makes the change: the name under which the server keeps whose a field is.</summary>
    private protected static WriteOptions Writer { get; } = new();

    /// <summary>The type of the current object; null, after a word to those who ask for it, for what has no rollouts.</summary>
    private protected ResourceType? CurrentType
    {
        get
        {
            if (Enum.TryParse(Kind, true, out CoordWorkloadKind kind) && Enum.IsDefined(kind))
                return WorkloadKinds.TypeOf(kind);
            WriteVerbose($"{Kind}/{string.Join(", ", Name)} has no rollouts.");
            return null;
        }
    }

    /// <summary>Changes each workload of the current object by a patch, and emits how its rollout is then.</summary>
    /// <param name="action">What it is, to ask for confirmation.</param>
    /// <param name="patch">The patch; null when there is nothing to change.</param>
    private protected async Task PatchAsync(string action, Func<KubernetesObject, JsonObject?> patch)
    {
        if (CurrentType is not { } type)
            return;
        foreach (string name in Name)
        {
            try
            {
                KubernetesObject workload = await Client.GetAsync(type, name, CurrentNamespace, Cancellation);
                if (!ShouldProcess(workload.Description, action))
                    continue;
                if (patch(workload) is { } change)
                    workload = await Client.PatchAsync(type, name, CurrentNamespace, PatchKind.Merge, change, null, Writer, Cancellation);
                else
                    WriteVerbose($"{workload.Description} is so already.");
                WriteObject(await ReadAsync(workload));
            }
            catch (Exception e) when (ErrorRecords.IsKnown(e))
            {
                WriteError(e, name);
            }
        }
    }

    /// <summary>How the rollout of a workload is.</summary>
    private protected async Task<CoordRollout> ReadAsync(KubernetesObject workload)
    {
        var ofPods = new ListOptions { LabelSelector = WorkloadKinds.SelectorOf(workload) };
        IReadOnlyList<KubernetesObject> sets = workload.Kind == "Deployment" ? (await Client.ListAsync(ResourceType.ReplicaSets, workload.Namespace, ofPods, Cancellation)).Items : [];
        KubernetesList pods = await Client.ListAsync(ResourceType.Pods, workload.Namespace, ofPods, Cancellation);
        return new CoordRollout(new RolloutTracker().Update(workload, sets, pods.Items, DateTimeOffset.UtcNow), workload, Cluster.Context, Cluster.KubeConfig);
    }
}
