using System.Globalization;

namespace CoordPS.Kubernetes;

/// <summary>
/// What the HorizontalPodAutoscaler's controller would decide, by its own formula: ratio of use and target, tolerance, rounding up, pods
/// without readings or not ready, the highest of several metrics, stabilization, policies and bounds. Pure.
/// </summary>
/// <remarks>
/// See https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#algorithm-details.
/// </remarks>
public static class AutoscaleCalculator
{
    /// <summary>Decides.</summary>
    /// <param name="rules">What is asked for.</param>
    /// <param name="current">How many replicas are asked for now.</param>
    /// <param name="metrics">What was read; one without any usable reading is unknown.</param>
    /// <param name="now">The time.</param>
    public static AutoscaleDecision Decide(AutoscaleRules rules, int current, IReadOnlyList<AutoscaleMetric> metrics, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(rules);
        ArgumentNullException.ThrowIfNull(metrics);
        var steps = new List<AutoscaleStep>();
        AutoscaleDecision Decided(int recommended, int desired, string reason)
        {
            steps.Add(new AutoscaleStep("desired", desired, Invariant($"{current} -> {desired} ({reason})")));
            return new AutoscaleDecision(current, recommended, desired, reason, steps);
        }

        if (current == 0 && rules.MinReplicas != 0)
        {
            steps.Add(new AutoscaleStep("current", 0, "0 replicas are asked for: autoscaling is off until somebody asks for more"));
            return Decided(0, 0, "ScalingDisabled");
        }

        if (current > rules.MaxReplicas)
        {
            steps.Add(new AutoscaleStep("maximum", rules.MaxReplicas, Invariant($"{current} is more than the maximum {rules.MaxReplicas}: metrics don't matter")));
            return Decided(rules.MaxReplicas, rules.MaxReplicas, "TooManyReplicas");
        }

        if (current < rules.MinReplicas)
        {
            steps.Add(new AutoscaleStep("minimum", rules.MinReplicas, Invariant($"{current} is less than the minimum {rules.MinReplicas}: metrics don't matter")));
            return Decided(rules.MinReplicas, rules.MinReplicas, "TooFewReplicas");
        }

        int? highest = null;
        int unknown = 0;
        foreach (AutoscaleMetric metric in metrics)
        {
            int? proposal = Propose(metric, current, rules.Tolerance, steps);
            unknown += proposal is null ? 1 : 0;
            highest = proposal is null ? highest : Math.Max(highest ?? 0, proposal.Value);
        }

        if (highest is not { } recommended)
        {
            steps.Add(new AutoscaleStep("recommended", current, "no metric is known: nothing changes"));
            return Decided(current, current, "FailedGetMetrics");
        }

        if (unknown > 0 && recommended < current)
        {
            steps.Add(new AutoscaleStep("recommended", current, Invariant($"{unknown} of {metrics.Count} metrics are unknown: it does not scale down")));
            return Decided(recommended, current, "FailedGetMetrics");
        }

        if (metrics.Count > 1)
            steps.Add(new AutoscaleStep("recommended", recommended, Invariant($"the highest of {metrics.Count} metrics")));
        (int desired, string reason) = rules.ScaleUp is null && rules.ScaleDown is null
            ? Normalize(rules, current, recommended, now, steps)
            : NormalizeWithBehavior(rules, current, recommended, now, steps);
        return Decided(recommended, desired, reason);
    }

    private static int? Propose(AutoscaleMetric metric, int current, double tolerance, List<AutoscaleStep> steps)
    {
        string name = metric.Name;
        if (metric.Kind == AutoscaleTarget.Value)
        {
            if (metric.Readings is not [{ Value: { } value }, ..])
                return null;
            double direct = value / metric.Target;
            steps.Add(new AutoscaleStep($"{name}: ratio", direct, Invariant($"{value:0.###} / {metric.Target:0.###} = {direct:0.###}")));
            return current != 0 && Within(direct, tolerance, name, current, steps) ? current : Ceil(direct, Math.Max(1, current), name, "pods", steps);
        }

        AutoscaleReading[] counted = [.. metric.Readings.Where(static r => r.State != AutoscalePodState.Excluded)];
        AutoscaleReading[] ready = [.. counted.Where(static r => r.State == AutoscalePodState.Ready && r.Value is not null)];
        AutoscaleReading[] missing = [.. counted.Where(static r => r.State == AutoscalePodState.Ready && r.Value is null)];
        AutoscaleReading[] unready = [.. counted.Where(static r => r.State == AutoscalePodState.NotReady)];
        if (ready.Length == 0)
        {
            steps.Add(new AutoscaleStep($"{name}: readings", 0, "there is no reading of any ready pod: the metric is unknown"));
            return null;
        }

        double? first = Ratio(metric, [.. ready.Select(static r => (r.Value!.Value, r.Request))], $"{name}: ratio", "", steps);
        if (first is not { } ratio)
        {
            steps.Add(new AutoscaleStep($"{name}: requests", 0, "no pod with a reading requests any: the metric is unknown"));
            return null;
        }

        bool rebalance = unready.Length > 0 && ratio > 1;
        if (!rebalance && missing.Length == 0)
            return Within(ratio, tolerance, name, current, steps) ? current : Ceil(ratio, ready.Length, name, "ready pods", steps);

        // The cautious reckoning: pods that tell nothing are taken to be against the change.
        List<(double Value, double Request)> all = [.. ready.Select(static r => (r.Value!.Value, r.Request))];
        if (missing.Length > 0 && ratio < 1)
            all.AddRange(missing.Select(r => (metric.Kind == AutoscaleTarget.Utilization ? r.Request : metric.Target, r.Request)));
        else if (missing.Length > 0 && (ratio > 1 || metric.Kind == AutoscaleTarget.AverageValue))
            all.AddRange(missing.Select(static r => (0.0, r.Request)));
        if (rebalance)
            all.AddRange(unready.Select(static r => (0.0, r.Request)));
        string how = string.Join(" and ", new[]
        {
            missing.Length > 0 ? Invariant($"{missing.Length} without a reading as using {(ratio < 1 ? "all" : "nothing")}") : null,
            rebalance ? Invariant($"{unready.Length} not ready as using nothing") : null,
        }.Where(static part => part is not null));
        double again = Ratio(metric, all, $"{name}: ratio again", $", counting {how}", steps) ?? ratio;
        if (Within(again, tolerance, name, current, steps))
            return current;
        if ((ratio < 1 && again > 1) || (ratio > 1 && again < 1))
        {
            steps.Add(new AutoscaleStep($"{name}: direction", current, "the two ratios point different ways: nothing changes"));
            return current;
        }

        int replicas = Ceil(again, all.Count, name, "pods", steps);
        if ((again < 1 && replicas > current) || (again > 1 && replicas < current))
        {
            steps.Add(new AutoscaleStep($"{name}: direction", current, "the number of pods with readings would turn the direction: nothing changes"));
            return current;
        }

        return replicas;
    }

    private static double? Ratio(AutoscaleMetric metric, List<(double Value, double Request)> readings, string name, string note, List<AutoscaleStep> steps)
    {
        if (metric.Kind == AutoscaleTarget.AverageValue)
        {
            double average = readings.Average(static r => r.Value), ratio = average / metric.Target;
            steps.Add(new AutoscaleStep(name, ratio, Invariant($"average {average:0.###} / target {metric.Target:0.###} = {ratio:0.###}{note}")));
            return ratio;
        }

        double use = readings.Sum(static r => r.Value), requests = readings.Sum(static r => r.Request);
        if (requests <= 0)
            return null;
        // Whole percent, cut off: so the controller reckons.
        double utilization = Math.Truncate(use * 100 / requests + 1e-9), result = utilization / metric.Target;
        steps.Add(new AutoscaleStep(name, result, Invariant(
            $"use {use:0.###} of {requests:0.###} requested = {utilization}% / target {metric.Target:0.###}% = {result:0.###}{note}")));
        return result;
    }

    private static bool Within(double ratio, double tolerance, string name, int current, List<AutoscaleStep> steps)
    {
        if (Math.Abs(1 - ratio) > tolerance)
            return false;
        steps.Add(new AutoscaleStep($"{name}: tolerance", current, Invariant($"{ratio:0.###} is within {tolerance:0.###} of 1: nothing changes")));
        return true;
    }

    private static int Ceil(double ratio, int pods, string name, string what, List<AutoscaleStep> steps)
    {
        // 1.1 * 10 is a little more than 11 in floating point, to the controller as well as here.
        int replicas = (int)Math.Min(Math.Ceiling(ratio * pods), int.MaxValue);
        steps.Add(new AutoscaleStep($"{name}: replicas", replicas, Invariant($"ceil({ratio:0.###} * {pods} {what}) = {replicas}")));
        return replicas;
    }

    private static (int Desired, string Reason) Normalize(AutoscaleRules rules, int current, int recommended, DateTimeOffset now, List<AutoscaleStep> steps)
    {
        int stabilized = recommended;
        foreach ((DateTimeOffset time, int replicas) in rules.Recommendations)
        {
            if (now - time <= rules.DownscaleStabilization && replicas > stabilized)
                stabilized = replicas;
        }

        if (stabilized != recommended)
            steps.Add(new AutoscaleStep("stabilized", stabilized, Invariant($"the highest recommendation of the last {rules.DownscaleStabilization.TotalSeconds:0} s")));
        int limit = Math.Max(2 * current, 4);
        if (stabilized < rules.MinReplicas)
            return (Step(rules.MinReplicas, "minimum", $"not less than {rules.MinReplicas}", steps), "TooFewReplicas");
        if (limit < rules.MaxReplicas && stabilized > limit)
            return (Step(limit, "scale-up limit", $"not more than twice the replicas, or 4, at once: max(2 * {current}, 4) = {limit}", steps), "ScaleUpLimit");
        return stabilized > rules.MaxReplicas
            ? (Step(rules.MaxReplicas, "maximum", $"not more than {rules.MaxReplicas}", steps), "TooManyReplicas")
            : (stabilized, stabilized != recommended ? "ScaleDownStabilized" : "DesiredWithinRange");
    }

    private static (int Desired, string Reason) NormalizeWithBehavior(AutoscaleRules rules, int current, int recommended, DateTimeOffset now, List<AutoscaleStep> steps)
    {
        AutoscaleBehavior up = rules.ScaleUp ?? AutoscaleBehavior.DefaultUp, down = rules.ScaleDown ?? AutoscaleBehavior.DefaultDown;
        int upSeconds = up.StabilizationWindowSeconds ?? 0, downSeconds = down.StabilizationWindowSeconds ?? (int)rules.DownscaleStabilization.TotalSeconds;
        int lowest = recommended, highest = recommended;
        foreach ((DateTimeOffset time, int replicas) in rules.Recommendations)
        {
            double age = (now - time).TotalSeconds;
            if (age < upSeconds)
                lowest = Math.Min(lowest, replicas);
            if (age < downSeconds)
                highest = Math.Max(highest, replicas);
        }

        int stabilized = Math.Min(Math.Max(current, lowest), highest);
        if (stabilized != recommended)
        {
            steps.Add(new AutoscaleStep("stabilized", stabilized, Invariant(
                $"up counts the lowest of the last {upSeconds} s ({lowest}), down the highest of the last {downSeconds} s ({highest})")));
        }

        string settled = stabilized == recommended ? "DesiredWithinRange" : stabilized < recommended ? "ScaleUpStabilized" : "ScaleDownStabilized";
        if (stabilized > current)
        {
            int limit = Math.Max(current, Limit(up, current, rules.Changes, now, isUp: true));
            if (stabilized > Math.Min(limit, rules.MaxReplicas))
            {
                return limit < rules.MaxReplicas
                    ? (Step(limit, "scale-up limit", $"the policies allow {limit}", steps), "ScaleUpLimit")
                    : (Step(rules.MaxReplicas, "maximum", $"not more than {rules.MaxReplicas}", steps), "TooManyReplicas");
            }
        }
        else if (stabilized < current)
        {
            int limit = Math.Min(current, Limit(down, current, rules.Changes, now, isUp: false));
            if (stabilized < Math.Max(limit, rules.MinReplicas))
            {
                return limit > rules.MinReplicas
                    ? (Step(limit, "scale-down limit", $"the policies allow {limit}", steps), "ScaleDownLimit")
                    : (Step(rules.MinReplicas, "minimum", $"not less than {rules.MinReplicas}", steps), "TooFewReplicas");
            }
        }

        return (stabilized, settled);
    }

    private static int Limit(AutoscaleBehavior behavior, int current, IReadOnlyList<(DateTimeOffset Time, int Change)> changes, DateTimeOffset now, bool isUp)
    {
        if (behavior.SelectPolicy == "Disabled")
            return current;
        IEnumerable<int> limits = behavior.Policies.Select(policy =>
        {
            // As many as there were when the policy's period began.
            int start = current - changes.Where(change => now - change.Time <= TimeSpan.FromSeconds(policy.PeriodSeconds)).Sum(static change => change.Change);
            double allowed = policy.Percent ? start * (policy.Value / 100.0) : policy.Value;
            // The controller rounds up on the way up and cuts off on the way down.
            return (int)(isUp ? Math.Min(Math.Ceiling(start + allowed), int.MaxValue) : Math.Max(0, Math.Truncate(start - allowed)));
        }).DefaultIfEmpty(current);
        return behavior.SelectPolicy == "Min" == isUp ? limits.Min() : limits.Max();
    }

    private static int Step(int value, string name, FormattableString text, List<AutoscaleStep> steps)
    {
        steps.Add(new AutoscaleStep(name, value, FormattableString.Invariant(text)));
        return value;
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
