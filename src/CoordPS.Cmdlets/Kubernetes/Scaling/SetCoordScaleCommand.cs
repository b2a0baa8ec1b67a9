using System.Management.Automation;
using System.Text.Json.Nodes;
using CoordPS.Kubernetes;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>Sets how many pods deployments have; with <c>-CurrentReplicas</c> only if there are to be that many now.</summary>
[Cmdlet(VerbsCommon.Set, "CoordScale", SupportsShouldProcess = true)]
[OutputType(typeof(CoordScale))]
public sealed class SetCoordScaleCommand : RolloutCmdlet
{
    /// <summary>How many.</summary>
    [Parameter(Position = 1, Mandatory = true)]
    [ValidateRange(0, 100_000)]
    public int Replicas { get; set; }

    /// <summary>How many there must be to be now; otherwise nothing is changed.</summary>
    [Parameter]
    [ValidateRange(0, 100_000)]
    public int? CurrentReplicas { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        if (CurrentType is not { } type)
            return;
        foreach (string name in Name)
        {
            try
            {
                ScaleState before = await Client.GetScaleAsync(type, name, CurrentNamespace, Cancellation);
                if (CurrentReplicas is { } expected && expected != before.Desired)
                    throw Mismatch(type, name, expected, before.Desired);
                if (!ShouldProcess($"{type.Kind}/{name} in namespace {CurrentNamespace}", $"Scale from {before.Desired} to {Replicas}"))
                    continue;
                await SetAsync(type, name, before.Desired);
                WriteObject(new CoordScale(name, CurrentNamespace, type.Kind, before.Desired, Replicas, Cluster.Context, Cluster.KubeConfig));
            }
            catch (Exception e) when (ErrorRecords.IsKnown(e))
            {
                WriteError(e, name);
            }
        }
    }

    private static CoordException Mismatch(ResourceType type, string name, int expected, int found, Exception? inner = null) => new(
        "ScaleMismatch", ErrorCode.BadVersion, $"{type.Kind}/{name} is to have {found} pods, not {expected}: nothing was changed.",
        "Look at it again with Get-CoordDeployment, decide again, or leave out -CurrentReplicas.", null, inner, ErrorCategory.InvalidOperation);

    private async Task SetAsync(ResourceType type, string name, int before)
    {
        if (CurrentReplicas is not { } expected)
        {
            await Client.SetScaleAsync(type, name, CurrentNamespace, Replicas, Writer, Cancellation);
            return;
        }

        // The server compares and sets in one step: nobody comes between.
        var patch = new JsonArray(
            new JsonObject { ["op"] = "test", ["path"] = "/spec/replicas", ["value"] = expected },
            new JsonObject { ["op"] = "replace", ["path"] = "/spec/replicas", ["value"] = Replicas });
        try
        {
            await Client.PatchAsync(type, name, CurrentNamespace, PatchKind.Json, patch, null, Writer, Cancellation);
        }
        catch (KubernetesException e) when (e.Kind == KubernetesErrorKind.Invalid)
        {
            int now = (await Client.GetScaleAsync(type, name, CurrentNamespace, Cancellation)).Desired;
            throw now == before ? e : Mismatch(type, name, expected, now, e);
        }
    }
}
