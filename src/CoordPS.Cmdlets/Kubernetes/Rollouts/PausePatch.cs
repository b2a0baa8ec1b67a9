using System.Management.Automation;
using System.Text.Json.Nodes;
using CoordPS.Kubernetes;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>What pauses a rollout, or lets it go on.</summary>
internal static class PausePatch
{
    /// <summary>The patch; null when it is so already.</summary>
    /// <exception cref="CoordException">It is of a kind that can't be paused.</exception>
    public static JsonObject? For(KubernetesObject workload, bool paused)
    {
        if (workload.Kind != "Deployment")
        {
            throw new CoordException(
                "RolloutNotPausable", ErrorCode.BadArguments, $"{workload.Description} can't be paused: only deployments can.",
                "Set spec.updateStrategy.rollingUpdate.partition of a stateful set to hold back its pods.", null, null, ErrorCategory.InvalidOperation);
        }

        return (workload.Spec.Flag("paused") ?? false) == paused ? null : RolloutHistory.Pause(paused);
    }
}
