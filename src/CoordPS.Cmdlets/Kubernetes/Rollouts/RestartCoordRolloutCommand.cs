using System.Management.Automation;
using CoordPS.Kubernetes;

namespace CoordPS.Cmdlets;

/// <summary>Replaces all pods of workloads by new ones of the same kind, a few at a time, as a rollout does.</summary>
[Cmdlet(VerbsLifecycle.Restart, "CoordRollout", SupportsShouldProcess = true)]
[OutputType(typeof(CoordRollout))]
public sealed class RestartCoordRolloutCommand : RolloutCmdlet
{
    /// <inheritdoc/>
    protected override Task ProcessAsync() => PatchAsync("Restart pods", static _ => RolloutHistory.Restart(DateTimeOffset.UtcNow));
}
