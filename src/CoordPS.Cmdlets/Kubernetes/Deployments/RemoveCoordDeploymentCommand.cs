using System.Management.Automation;
using CoordPS.Kubernetes;

namespace CoordPS.Cmdlets;

/// <summary>
/// Deletes deployments, and what was published with them: the Service, the autoscaler, the disruption budget and the ConfigMap of the same name
/// that <c>Publish-CoordDeployment</c> has applied. What others have made stays, and so do volume claims.
/// </summary>
[Cmdlet(VerbsCommon.Remove, "CoordDeployment", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(void))]
public sealed class RemoveCoordDeploymentCommand : KubernetesCmdlet
{
    /// <summary>Their names.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(WorkloadCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = [];

    /// <summary><c>Deployment</c>, the default, <c>StatefulSet</c> or <c>DaemonSet</c>.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public CoordWorkloadKind Kind { get; set; }

    /// <summary>Delete the deployment only, and leave what was published with it.</summary>
    [Parameter]
    public SwitchParameter Only { get; set; }

    /// <summary>Who has published what goes with it; default <c>coordps</c>.</summary>
    [Parameter]
    [ValidateLength(1, 128)]
    public string FieldManager { get; set; } = "coordps";

    /// <summary>
    /// What becomes of its pods: <c>Background</c>, the default, deletes them after it, <c>Foreground</c> before it, <c>Orphan</c> leaves them.
    /// </summary>
    [Parameter]
    public DeletePropagation Propagation { get; set; }

    /// <summary>Wait until it is gone; with <c>-Propagation Foreground</c> until its pods are.</summary>
    [Parameter]
    public SwitchParameter Wait { get; set; }

    /// <summary>How long to wait; default 5 minutes.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromMinutes(5);

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        ResourceType type = WorkloadKinds.TypeOf(Kind);
        foreach (string name in Name)
        {
            try
            {
                await RemoveAsync(type, await Client.GetAsync(type, name, CurrentNamespace, Cancellation));
            }
            catch (Exception e) when (ErrorRecords.IsKnown(e))
            {
                WriteError(e, name);
            }
        }
    }

    private async Task RemoveAsync(ResourceType type, KubernetesObject workload)
    {
        List<(ResourceType Type, KubernetesObject Object)> others = Only ? [] : await WithAsync(workload);
        string also = others.Count == 0 ? "" : $", with {string.Join(", ", others.Select(static one => one.Object.Description))}";
        if (!ShouldProcess($"{workload.Description}{also}", "Delete"))
            return;
        foreach ((ResourceType of, KubernetesObject other) in others)
            await Client.DeleteAsync(of, other.Name, other.Namespace, new DeleteOptions { Uid = other.Uid }, Cancellation);
        await Client.DeleteAsync(type, workload.Name, workload.Namespace, new DeleteOptions { Uid = workload.Uid, Propagation = Propagation }, Cancellation);
        if (Wait)
            await WaitAsync(type, workload);
    }

    private async Task WaitAsync(ResourceType type, KubernetesObject workload)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(Timeout);
        try
        {
            await Client.WaitUntilGoneAsync(type, workload.Name, workload.Namespace, workload.Uid, limit.Token);
        }
        catch (OperationCanceledException e) when (!Cancellation.IsCancellationRequested)
        {
            throw new CoordException(
                "RemoveTimeout", Protocol.ErrorCode.OperationTimeout, $"{workload.Description} is still there after {Timeout.TotalSeconds:0.###} s; it is being deleted.",
                "Look at its finalizers and pods, or wait longer with -Timeout.", null, e, ErrorCategory.OperationTimeout);
        }
    }

    private async Task<List<(ResourceType Type, KubernetesObject Object)>> WithAsync(KubernetesObject workload)
    {
        var found = new List<(ResourceType, KubernetesObject)>();
        string[] services = Kind == CoordWorkloadKind.StatefulSet ? [workload.Name, workload.Spec.Text("serviceName") ?? ""] : [workload.Name];
        foreach ((ResourceType type, string name) in services.Where(static name => name.Length > 0).Distinct().Select(static name => (ResourceType.Services, name)).Concat(
        [
            (ResourceType.ConfigMaps, $"{workload.Name}-config"),
            (await Client.Discovery.AutoscalersAsync(Cancellation), workload.Name),
            (await Client.Discovery.DisruptionBudgetsAsync(Cancellation), workload.Name),
        ]))
        {
            if (await Client.FindAsync(type, name, workload.Namespace, Cancellation) is { } other && AppliedFields.Any(other, FieldManager)
                && other.Labels.GetValueOrDefault("app") == workload.Name)
            {
                found.Add((type, other));
            }
        }

        return found;
    }
}
