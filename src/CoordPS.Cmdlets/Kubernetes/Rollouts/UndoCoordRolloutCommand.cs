using System.Management.Automation;
using CoordPS.Kubernetes;

namespace CoordPS.Cmdlets;

/// <summary>Goes back to the revision before, or to a given one, and emits how the rollout is then. Pipe it to <c>Wait-CoordRollout</c> to see it through.</summary>
[Cmdlet(VerbsCommon.Undo, "CoordRollout", SupportsShouldProcess = true)]
[OutputType(typeof(CoordRollout))]
public sealed class UndoCoordRolloutCommand : RolloutCmdlet
{
    /// <summary>The revision to go back to; <c>Get-CoordRollout -History</c> shows them. Default: the one before the present.</summary>
    [Parameter]
    [ValidateRange(1, long.MaxValue)]
    public long? ToRevision { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        if (CurrentType is not { } type)
            return;
        foreach (string name in Name)
        {
            try
            {
                KubernetesObject workload = await Client.GetAsync(type, name, CurrentNamespace, Cancellation);
                if (!ShouldProcess(workload.Description, ToRevision is null ? "Go back to the revision before" : $"Go back to revision {ToRevision}"))
                    continue;
                (long revision, workload) = await Revisions.UndoAsync(Cluster, workload, ToRevision, Writer.FieldManager, Cancellation);
                WriteVerbose($"{workload.Description} goes back to revision {revision}.");
                WriteObject(await ReadAsync(workload));
            }
            catch (KubernetesException e)
            {
                WriteError(e, name);
            }
        }
    }
}
