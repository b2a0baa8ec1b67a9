namespace CoordPS.Kubernetes;

/// <summary>What a metric's target is.</summary>
public enum AutoscaleTarget
{
    /// <summary>A share of what the pods request, in percent.</summary>
    Utilization,

    /// <summary>An amount for each pod.</summary>
    AverageValue,

    /// <summary>An amount in all, of an object or of something outside the cluster; the only reading is the amount. All replicas count as ready.</summary>
    Value,
}

/// <summary>How a pod counts for the autoscaler.</summary>
public enum AutoscalePodState
{
    /// <summary>It counts.</summary>
    Ready,

    /// <summary>It is pending, or not ready yet: its reading does not count, and a rise counts it as using nothing.</summary>
    NotReady,

    /// <summary>It ended or is being deleted: it does not count at all.</summary>
    Excluded,
}

/// <summary>One pod's reading.</summary>
/// <param name="Pod">The pod's name.</param>
/// <param name="Value">What it uses, in the unit of the request or target; null if there is no reading.</param>
/// <param name="Request">What it requests; only for <see cref="AutoscaleTarget.Utilization"/>.</param>
/// <param name="State">How it counts.</param>
public sealed record AutoscaleReading(string Pod, double? Value, double Request = 0, AutoscalePodState State = AutoscalePodState.Ready);

/// <summary>A metric with its target and what was read.</summary>
/// <param name="Name">Its name, such as <c>cpu</c>.</param>
/// <param name="Kind">What the target is.</param>
/// <param name="Target">The target: percent, or an amount.</param>
/// <param name="Readings">What was read.</param>
public sealed record AutoscaleMetric(string Name, AutoscaleTarget Kind, double Target, IReadOnlyList<AutoscaleReading> Readings);

/// <summary>How many replicas may be added or removed in a while.</summary>
/// <param name="Percent">Whether <paramref name="Value"/> is a percentage of the replicas, or a number of pods.</param>
/// <param name="Value">How many.</param>
/// <param name="PeriodSeconds">In how many seconds.</param>
public sealed record AutoscalePolicy(bool Percent, int Value, int PeriodSeconds);

/// <summary>How fast it may go one way.</summary>
public sealed record AutoscaleBehavior
{
    /// <summary>The window in which the most cautious recommendation counts, in seconds; null for the default: 0 up, 300 down.</summary>
    public int? StabilizationWindowSeconds { get; init; }

    /// <summary>
    /// Which policy counts: <c>Max</c> for the one that allows most, <c>Min</c> for the one that allows least, <c>Disabled</c>
    /// for no change.
    /// </summary>
    public string SelectPolicy { get; init; } = "Max";

    /// <summary>The policies.</summary>
    public IReadOnlyList<AutoscalePolicy> Policies { get; init; } = [];

    /// <summary>What the server sets where nothing is given for scaling up: 100 percent or 4 pods in 15 s.</summary>
    public static AutoscaleBehavior DefaultUp { get; } = new() { StabilizationWindowSeconds = 0, Policies = [new(false, 4, 15), new(true, 100, 15)] };

    /// <summary>What the server sets where nothing is given for scaling down: 100 percent in 15 s, after 300 s.</summary>
    public static AutoscaleBehavior DefaultDown { get; } = new() { Policies = [new(true, 100, 15)] };
}

/// <summary>What an autoscaler was asked for, and how it is set.</summary>
public sealed record AutoscaleRules
{
    /// <summary>The fewest replicas. Default: 1.</summary>
    public int MinReplicas { get; init; } = 1;

    /// <summary>The most replicas.</summary>
    public required int MaxReplicas { get; init; }

    /// <summary>
    /// How far the ratio of use and target may be from 1 without a change. Default: 0.1 (the controller's
    /// <c>--horizontal-pod-autoscaler-tolerance</c>).
    /// </summary>
    public double Tolerance { get; init; } = 0.1;

    /// <summary>
    /// How long a lower recommendation must last, where <see cref="ScaleDown"/> does not say. Default: 5 min
    /// (<c>--horizontal-pod-autoscaler-downscale-stabilization</c>).
    /// </summary>
    public TimeSpan DownscaleStabilization { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How fast up; null if the object has no behavior.</summary>
    public AutoscaleBehavior? ScaleUp { get; init; }

    /// <summary>How fast down; null if the object has no behavior.</summary>
    public AutoscaleBehavior? ScaleDown { get; init; }

    /// <summary>Earlier recommendations, which stabilize.</summary>
    public IReadOnlyList<(DateTimeOffset Time, int Replicas)> Recommendations { get; init; } = [];

    /// <summary>Earlier changes of the replicas, which policies count: positive up, negative down.</summary>
    public IReadOnlyList<(DateTimeOffset Time, int Change)> Changes { get; init; } = [];
}

/// <summary>One step of the reckoning.</summary>
/// <param name="Name">What is reckoned, such as <c>ratio</c>.</param>
/// <param name="Value">The result.</param>
/// <param name="Text">How, for people.</param>
public sealed record AutoscaleStep(string Name, double Value, string Text);

/// <summary>What the autoscaler would do.</summary>
/// <param name="Current">The replicas there are asked for now.</param>
/// <param name="Recommended">What the metrics alone say.</param>
/// <param name="Desired">What it would ask for.</param>
/// <param name="Reason">What decided, as the controller's conditions call it, such as <c>TooManyReplicas</c>.</param>
/// <param name="Steps">How it got there.</param>
public sealed record AutoscaleDecision(int Current, int Recommended, int Desired, string Reason, IReadOnlyList<AutoscaleStep> Steps);
