using System.Management.Automation;
using System.Text.Json.Nodes;
using CoordPS.Kubernetes;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>
/// Lets the number of a deployment's pods follow their CPU use, or changes how: what is not given stays as it is. The autoscaler has the
/// deployment's name, and the newest version that the server serves.
/// </summary>
[Cmdlet(VerbsCommon.Set, "CoordAutoscale", SupportsShouldProcess = true)]
[OutputType(typeof(CoordAutoscaler))]
public sealed class SetCoordAutoscaleCommand : RolloutCmdlet
{
    /// <summary>The fewest pods; default 1.</summary>
    [Parameter]
    [ValidateRange(1, 100_000)]
    public int? MinReplicas { get; set; }

    /// <summary>The most pods; needed where there is no autoscaler yet.</summary>
    [Parameter]
    [ValidateRange(1, 100_000)]
    public int? MaxReplicas { get; set; }

    /// <summary>The CPU use to aim at, in percent of what is requested; default 80.</summary>
    [Parameter]
    [ValidateRange(1, 10_000)]
    public int? TargetCpu { get; set; }

    /// <summary>Take over fields that others manage.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        if (CurrentType is not { } type)
            return;
        foreach (string name in Name)
        {
            try
            {
                await SetAsync(type, name);
            }
            catch (Exception e) when (ErrorRecords.IsKnown(e))
            {
                WriteError(e, name);
            }
        }
    }

    private async Task SetAsync(ResourceType type, string name)
    {
        KubernetesObject workload = await Client.GetAsync(type, name, CurrentNamespace, Cancellation);
        ResourceType autoscalers = await Client.Discovery.AutoscalersAsync(Cancellation);
        KubernetesObject? before = await Client.FindAsync(autoscalers, name, CurrentNamespace, Cancellation);
        AutoscaleRules? old = before is null ? null : Autoscaler.RulesOf(before);
        int maximum = MaxReplicas ?? old?.MaxReplicas ?? throw new CoordException(
            "BadArguments", ErrorCode.BadArguments, $"There is no autoscaler of {workload.Description} yet: it needs a maximum.", "Give -MaxReplicas.", null, null, ErrorCategory.InvalidArgument);
        int minimum = MinReplicas ?? old?.MinReplicas ?? 1;
        // One that follows other metrics only goes on with those.
        int? target = TargetCpu ?? (before is null ? 80 : Autoscaler.TargetCpuOf(before));
        if (maximum < minimum)
        {
            throw new CoordException(
                "BadArguments", ErrorCode.BadArguments, $"The maximum {maximum} is less than the minimum {minimum}.", "Give both -MinReplicas and -MaxReplicas.", null, null, ErrorCategory.InvalidArgument);
        }

        if (!ShouldProcess(workload.Description, $"Autoscale between {minimum} and {maximum}{(target is null ? "" : $" at {target}% CPU")}"))
            return;
        JsonObject labels = [];
        foreach ((string key, string value) in workload.Labels)
            labels[key] = value;
        JsonObject manifest = DeploymentManifest.Autoscaler(name, CurrentNamespace, labels, minimum, maximum, target ?? 0, type.Kind);
        KubernetesObject wanted = await Client.AdaptAsync(before is null ? new KubernetesObject(manifest) : Change(before, manifest, target), Cancellation);
        KubernetesObject after = await Client.ApplyAsync(wanted, new ApplyOptions { FieldManager = Writer.FieldManager, Force = Force }, Cancellation);
        CoordPublishAction action = before is null ? CoordPublishAction.Created
            : before.ResourceVersion == after.ResourceVersion ? CoordPublishAction.Unchanged : CoordPublishAction.Configured;
        WriteObject(new CoordAutoscaler(after, action, Cluster.Context, Cluster.KubeConfig));
    }

    /// <summary>What was applied before, which would go if it were left out, with the bounds and the CPU target of a manifest.</summary>
    private static KubernetesObject Change(KubernetesObject before, JsonObject manifest, int? target)
    {
        string version = new KubernetesObject(manifest).ApiVersion;
        KubernetesObject changed = Autoscaler.Convert(AppliedFields.Of(before, Writer.FieldManager), version);
        if (manifest.Object("metadata").Object("labels") is { Count: > 0 } labels)
            Merge(changed.Metadata!.Ensure("labels"), labels);
        JsonObject spec = changed.Json.Ensure("spec");
        Merge(spec, manifest.Object("spec")!);
        // The list is one field: with one metric changed all the others have to be in it.
        JsonArray metrics = Autoscaler.MetricsWith(Autoscaler.Convert(before, version), target);
        if (metrics.Count > 0)
            spec["metrics"] = metrics;
        else
            spec.Remove("metrics");
        return changed;

        static void Merge(JsonObject into, JsonObject from)
        {
            foreach ((string key, JsonNode? value) in from)
                into[key] = value?.DeepClone();
        }
    }
}
