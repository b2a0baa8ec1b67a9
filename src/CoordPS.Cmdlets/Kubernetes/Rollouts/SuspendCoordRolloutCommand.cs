using System.Management.Automation;

namespace CoordPS.Cmdlets;

/// <summary>Pauses the rollouts of deployments: changes are taken and wait until <c>Resume-CoordRollout</c>.</summary>
[Cmdlet(VerbsLifecycle.Suspend, "CoordRollout", SupportsShouldProcess = true)]
[OutputType(typeof(CoordRollout))]
public sealed class SuspendCoordRolloutCommand : RolloutCmdlet
{
    /// <inheritdoc/>
    protected override Task ProcessAsync() => PatchAsync("Pause rollout", static workload => PausePatch.For(workload, true));
}
