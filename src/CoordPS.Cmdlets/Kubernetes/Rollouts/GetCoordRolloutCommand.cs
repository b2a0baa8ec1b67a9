using System.Management.Automation;
using CoordPS.Kubernetes;

namespace CoordPS.Cmdlets;

/// <summary>Shows how far rollouts are, and what holds them up; with <c>-History</c> the revisions that one can go back to.</summary>
[Cmdlet(VerbsCommon.Get, "CoordRollout")]
[OutputType(typeof(CoordRollout), typeof(CoordRolloutRevision))]
public sealed class GetCoordRolloutCommand : RolloutCmdlet
{
    /// <summary>Emit the revisions that the cluster still has, oldest first, in place of the state.</summary>
    [Parameter]
    public SwitchParameter History { get; set; }

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
                if (History)
                    WriteObject(await Revisions.ListAsync(Cluster, workload, Cancellation), true);
                else
                    WriteObject(await ReadAsync(workload));
            }
            catch (KubernetesException e)
            {
                WriteError(e, name);
            }
        }
    }
}
