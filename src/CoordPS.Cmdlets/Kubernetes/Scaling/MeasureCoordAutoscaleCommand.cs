using System.Management.Automation;
using System.Text.Json.Nodes;
using CoordPS.Kubernetes;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>
/// Shows what an autoscaler would decide, by Kubernetes' own formula, with tolerance and bounds: for the CPU use of a deployment's pods now, as
/// the cluster's metrics tell it, or for readings that are given. Nothing is changed.
/// </summary>
[Cmdlet(VerbsDiagnostic.Measure, "CoordAutoscale", DefaultParameterSetName = LiveSet)]
[OutputType(typeof(CoordAutoscaleDecision))]
public sealed class MeasureCoordAutoscaleCommand : KubernetesCmdlet
{
    private const string LiveSet = "Live";
    private const string GivenSet = "Given";

    /// <summary>The deployments that have autoscalers.</summary>
    [Parameter(Position = 0, Mandatory = true, ParameterSetName = LiveSet, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(WorkloadCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = [];

    /// <summary>What they are; default: <c>Deployment</c>.</summary>
    [Parameter(ParameterSetName = LiveSet, ValueFromPipelineByPropertyName = true)]
    public CoordWorkloadKind Kind { get; set; }

    /// <summary>The CPU use of each pod in percent of what it requests, such as <c>90, 85, 70</c>; null for a pod that tells nothing.</summary>
    [Parameter(Mandatory = true, ParameterSetName = GivenSet)]
    [AllowNull]
    [AllowEmptyCollection]
    public double?[] Cpu { get; set; } = [];

    /// <summary>How many pods there are to be now; default: as many as there are readings.</summary>
    [Parameter(ParameterSetName = GivenSet)]
    [ValidateRange(0, 100_000)]
    public int? CurrentReplicas { get; set; }

    /// <summary>The CPU use to aim at, in percent; default 80, or what the autoscaler aims at.</summary>
    [Parameter]
    [ValidateRange(1, 10_000)]
    public int? TargetCpu { get; set; }

    /// <summary>The fewest pods; default 1, or the autoscaler's.</summary>
    [Parameter]
    [ValidateRange(1, 100_000)]
    public int? MinReplicas { get; set; }

    /// <summary>The most pods; default: the autoscaler's. Given readings need it.</summary>
    [Parameter(Mandatory = true, ParameterSetName = GivenSet)]
    [Parameter(ParameterSetName = LiveSet)]
    [ValidateRange(1, 100_000)]
    public int? MaxReplicas { get; set; }

    /// <summary>How far the use may be from the target, as a part of it, without a change; default 0.1, as the controller's.</summary>
    [Parameter]
    [ValidateRange(0.0, 10.0)]
    public double Tolerance { get; set; } = 0.1;

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        if (ParameterSetName == GivenSet)
        {
            var rules = new AutoscaleRules { MinReplicas = MinReplicas ?? 1, MaxReplicas = MaxReplicas!.Value, Tolerance = Tolerance };
            AutoscaleReading[] readings = [.. Cpu.Select(static (value, i) => new AutoscaleReading($"{i + 1}", value, 100))];
            WriteObject(Decide(null, null, rules, CurrentReplicas ?? readings.Length, TargetCpu ?? 80, readings));
            return;
        }

        foreach (string name in Name)
        {
            try
            {
                WriteObject(await MeasureAsync(name));
            }
            catch (Exception e) when (ErrorRecords.IsKnown(e))
            {
                WriteError(e, name);
            }
        }
    }

    private static CoordAutoscaleDecision Decide(string? name, string? ns, AutoscaleRules rules, int current, int target, IReadOnlyList<AutoscaleReading> readings) =>
        new(name, ns, AutoscaleCalculator.Decide(rules, current, [new AutoscaleMetric("cpu", AutoscaleTarget.Utilization, target, readings)], DateTimeOffset.UtcNow));

    private async Task<CoordAutoscaleDecision> MeasureAsync(string name)
    {
        ResourceType type = WorkloadKinds.TypeOf(Kind);
        KubernetesObject workload = await Client.GetAsync(type, name, CurrentNamespace, Cancellation);
        KubernetesObject? autoscaler = await Client.FindAsync(await Client.Discovery.AutoscalersAsync(Cancellation), name, CurrentNamespace, Cancellation);
        AutoscaleRules rules = (autoscaler is null ? null : Autoscaler.RulesOf(autoscaler)) ?? new AutoscaleRules
        {
            MaxReplicas = MaxReplicas ?? throw new CoordException(
                "NoAutoscaler", ErrorCode.NoNode, $"{workload.Description} has no autoscaler.", "Make one with Set-CoordAutoscale, or give -MaxReplicas to see what one would do.", null, null, ErrorCategory.ObjectNotFound),
        };
        rules = rules with { MinReplicas = MinReplicas ?? rules.MinReplicas, MaxReplicas = MaxReplicas ?? rules.MaxReplicas, Tolerance = Tolerance };
        string selector = WorkloadKinds.SelectorOf(workload);
        KubernetesList pods = await Client.ListAsync(ResourceType.Pods, CurrentNamespace, new ListOptions { LabelSelector = selector }, Cancellation);
        IReadOnlyList<AutoscaleReading> readings = Autoscaler.Read(pods.Items, await UsageAsync(selector), "cpu", DateTimeOffset.UtcNow);
        ScaleState scale = await Client.GetScaleAsync(type, name, CurrentNamespace, Cancellation);
        return Decide(name, CurrentNamespace, rules, scale.Desired, TargetCpu ?? (autoscaler is null ? null : Autoscaler.TargetCpuOf(autoscaler)) ?? 80, readings);
    }

    private async Task<IReadOnlyDictionary<string, double>> UsageAsync(string selector)
    {
        try
        {
            JsonObject list = await Client.GetRawAsync(
                $"apis/metrics.k8s.io/v1beta1/namespaces/{CurrentNamespace}/pods?labelSelector={Uri.EscapeDataString(selector)}", Cancellation);
            return Autoscaler.UsageOf(list, "cpu");
        }
        catch (KubernetesException e) when (e.Kind == KubernetesErrorKind.NotFound)
        {
            throw new CoordException(
                "NoMetrics", ErrorCode.Unimplemented, "The cluster serves no metrics of pods (metrics.k8s.io).", "Install the metrics server, or give readings with -Cpu.", null, e, ErrorCategory.NotInstalled);
        }
    }
}
