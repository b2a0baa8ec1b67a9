using System.Management.Automation;

namespace CoordPS.Cmdlets;

/// <summary>Lets paused rollouts of deployments go on.</summary>
[Cmdlet(VerbsLifecycle.Resume, "CoordRollout", SupportsShouldProcess = true)]
[OutputType(typeof(CoordRollout))]
public sealed class ResumeCoordRolloutCommand : RolloutCmdlet
{
    /// <inheritdoc/>
    protected override Task ProcessAsync() => PatchAsync("Resume rollout", static workload => PausePatch.For(workload, false));
}
