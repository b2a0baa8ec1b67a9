using System.Text.Json.Nodes;

namespace CoordPS.Kubernetes.Tests;

public class AutoscaleTests
{
    private static readonly DateTimeOffset Now = new(2024, 5, 1, 12, 0, 0, TimeSpan.Zero);

    /// <summary>Use of each pod (100 requested), "-" for one without a reading, "!" before one that is not ready, "x" for one that ended.</summary>
    [Theory]
    [InlineData("200 200 200", 3, 100, 6, "twice the target")]
    [InlineData("50 50 50 50", 4, 100, 2, "half the target")]
    [InlineData("109 109 109", 3, 100, 3, "within the tolerance")]
    [InlineData("110 110 110", 3, 100, 4, "1.1 is a hair more than 0.1 from 1 in floating point, to the controller as well")]
    [InlineData("111 111 111", 3, 100, 4, "just beyond the tolerance")]
    [InlineData("90 90 90", 3, 100, 3, "just within it, below")]
    [InlineData("60 60 60", 3, 50, 4, "ceil(1.2 * 3)")]
    [InlineData("70 70 !500", 3, 50, 3, "unready counts as 0: 140/300=46% -> 0.92, within the tolerance")]
    [InlineData("300 500 700 !0", 4, 30, 20, "three quarters of the pods are far above; limited by max below")]
    [InlineData("20 20 -", 3, 50, 3, "missing counts as 100%: 140/300=46%, within the tolerance")]
    [InlineData("10 10 10 -", 4, 50, 3, "missing counts as 100%: 130/400=32%, 0.64 * 4")]
    [InlineData("80 80 -", 3, 50, 3, "missing counts as 0: 160/300=53%, within the tolerance")]
    [InlineData("200 200 -", 3, 50, 8, "missing counts as 0: 400/300=133%, 2.66 * 3; twice 3 is not exceeded below 6")]
    [InlineData("100 x100 x100", 2, 50, 2, "ended pods don't count: 2 * 1")]
    [InlineData("!100 !100", 2, 50, 2, "no ready pod: unknown")]
    [InlineData("- -", 2, 50, 2, "no reading: unknown")]
    public void The_metric_alone_recommends_what_the_controller_would(string use, int current, int target, int expected, string why)
    {
        AutoscaleDecision decision = AutoscaleCalculator.Decide(new AutoscaleRules { MaxReplicas = 100 }, current, [Cpu(target, use)], Now);
        int recommended = Math.Min(decision.Recommended, 20);
        Assert.True(expected == recommended, $"{why}: {recommended}\n{string.Join('\n', decision.Steps.Select(s => s.Text))}");
    }

    [Theory]
    [InlineData(2, 1, 10, "1000 1000", 4, "ScaleUpLimit")]
    [InlineData(1, 1, 10, "1000", 4, "ScaleUpLimit")]
    [InlineData(5, 1, 7, "300 300 300 300 300", 7, "TooManyReplicas")]
    [InlineData(3, 2, 10, "1 1 1", 2, "TooFewReplicas")]
    [InlineData(12, 2, 10, "", 10, "TooManyReplicas")]
    [InlineData(1, 2, 10, "", 2, "TooFewReplicas")]
    [InlineData(0, 1, 10, "", 0, "ScalingDisabled")]
    [InlineData(3, 1, 10, "- - -", 3, "FailedGetMetrics")]
    [InlineData(3, 1, 10, "120 120 120", 4, "DesiredWithinRange")]
    public void Bounds_and_the_limit_of_one_step_hold(int current, int min, int max, string use, int desired, string reason)
    {
        AutoscaleDecision decision = AutoscaleCalculator.Decide(new AutoscaleRules { MinReplicas = min, MaxReplicas = max }, current, [Cpu(100, use)], Now);
        Assert.Equal((desired, reason), (decision.Desired, decision.Reason));
        Assert.Equal($"{current} -> {desired} ({reason})", decision.Steps[^1].Text);
    }

    [Fact]
    public void The_highest_metric_counts_and_an_unknown_one_keeps_it_from_going_down()
    {
        var rules = new AutoscaleRules { MaxReplicas = 20 };
        AutoscaleMetric low = Cpu(100, "50 50 50 50"), high = new("queue", AutoscaleTarget.Value, 100, [new AutoscaleReading("", 150)]), unknown = Cpu(100, "- - - -");
        Assert.Equal(6, AutoscaleCalculator.Decide(rules, 4, [low, high], Now).Desired);
        Assert.Equal(4, AutoscaleCalculator.Decide(rules, 4, [low, unknown], Now).Desired);
        Assert.Equal(6, AutoscaleCalculator.Decide(rules, 4, [high, unknown], Now).Desired);
    }

    [Fact]
    public void An_amount_for_each_pod_is_a_target_too()
    {
        AutoscaleReading[] readings = [new("a", 30), new("b", 50), new("c", null)];
        var metric = new AutoscaleMetric("requests", AutoscaleTarget.AverageValue, 10, readings);
        // 80 / 3 pods = 26.7 with the missing one at nothing; 2.67 * 3.
        Assert.Equal(8, AutoscaleCalculator.Decide(new AutoscaleRules { MaxReplicas = 100 }, 3, [metric], Now).Recommended);
    }

    [Fact]
    public void Without_a_behavior_the_highest_recommendation_of_five_minutes_counts()
    {
        var rules = new AutoscaleRules { MaxReplicas = 20, Recommendations = [(Now.AddSeconds(-200), 5), (Now.AddSeconds(-301), 9)] };
        AutoscaleDecision decision = AutoscaleCalculator.Decide(rules, 6, [Cpu(100, "50 50 50 50 50 50")], Now);
        Assert.Equal((3, 5, "ScaleDownStabilized"), (decision.Recommended, decision.Desired, decision.Reason));
    }

    [Fact]
    public void Policies_limit_how_fast_it_goes_counting_what_went_before()
    {
        var up = new AutoscaleBehavior { Policies = [new(false, 2, 60), new(true, 10, 60)] };
        var rules = new AutoscaleRules { MaxReplicas = 100, ScaleUp = up };
        AutoscaleMetric hot = Cpu(100, string.Join(' ', Enumerable.Repeat("300", 10)));
        Assert.Equal(12, AutoscaleCalculator.Decide(rules, 10, [hot], Now).Desired);
        Assert.Equal(11, AutoscaleCalculator.Decide(rules with { ScaleUp = up with { SelectPolicy = "Min" } }, 10, [hot], Now).Desired);
        Assert.Equal(10, AutoscaleCalculator.Decide(rules with { ScaleUp = up with { SelectPolicy = "Disabled" } }, 10, [hot], Now).Desired);
        // Two were added half a minute ago: that minute's share is used up.
        Assert.Equal(10, AutoscaleCalculator.Decide(rules with { Changes = [(Now.AddSeconds(-30), 2)] }, 10, [hot], Now).Desired);
        Assert.Equal(12, AutoscaleCalculator.Decide(rules with { Changes = [(Now.AddSeconds(-90), 2)] }, 10, [hot], Now).Desired);

        var down = new AutoscaleBehavior { StabilizationWindowSeconds = 0, Policies = [new(true, 25, 60)] };
        AutoscaleMetric cold = Cpu(100, string.Join(' ', Enumerable.Repeat("10", 10)));
        AutoscaleDecision decision = AutoscaleCalculator.Decide(rules with { ScaleDown = down }, 10, [cold], Now);
        Assert.Equal((1, 7, "ScaleDownLimit"), (decision.Recommended, decision.Desired, decision.Reason));
    }

    [Fact]
    public void Each_step_of_the_reckoning_is_told()
    {
        AutoscaleDecision decision = AutoscaleCalculator.Decide(new AutoscaleRules { MaxReplicas = 10 }, 3, [Cpu(50, "60 60 60")], Now);
        Assert.Equal(
            ["use 180 of 300 requested = 60% / target 50% = 1.2", "ceil(1.2 * 3 ready pods) = 4", "3 -> 4 (DesiredWithinRange)"],
            decision.Steps.Select(s => s.Text));
    }

    [Fact]
    public void An_autoscaler_with_a_cpu_target_is_the_same_in_all_versions()
    {
        KubernetesObject second = KubernetesYaml.Read("""
            apiVersion: autoscaling/v2
            kind: HorizontalPodAutoscaler
            metadata: {name: web}
            spec:
              maxReplicas: 5
              metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}}]
            """).Single();
        KubernetesObject first = Autoscaler.Convert(second, "autoscaling/v1");
        Assert.Equal("""{"maxReplicas":5,"targetCPUUtilizationPercentage":70}""", first.Spec!.ToJsonString());
        Assert.True(JsonNode.DeepEquals(second.Json, Autoscaler.Convert(first, "autoscaling/v2").Json));
        Assert.Equal("autoscaling/v2beta2", Autoscaler.Convert(second, "autoscaling/v2beta2").ApiVersion);
        Assert.Equal((70, 70), (Autoscaler.TargetCpuOf(first), Autoscaler.TargetCpuOf(second)));
        second.Spec!["behavior"] = new JsonObject { ["scaleDown"] = new JsonObject { ["stabilizationWindowSeconds"] = 60 } };
        Assert.Contains("behavior", Assert.Throws<KubernetesException>(() => Autoscaler.Convert(second, "autoscaling/v1")).Message, StringComparison.Ordinal);
        Assert.Equal(60, Autoscaler.RulesOf(second).ScaleDown!.StabilizationWindowSeconds);
    }

    [Theory]
    [InlineData("Running", "True", 600, AutoscalePodState.Ready)]
    [InlineData("Running", "False", 100, AutoscalePodState.NotReady)]
    [InlineData("Running", "False", 600, AutoscalePodState.Ready)]
    [InlineData("Pending", "False", 600, AutoscalePodState.NotReady)]
    [InlineData("Failed", "False", 600, AutoscalePodState.Excluded)]
    public void Pods_count_as_the_controller_counts_them(string phase, string ready, int age, AutoscalePodState state)
    {
        KubernetesObject pod = KubernetesYaml.Read($$"""
            apiVersion: v1
            kind: Pod
            metadata: {name: p}
            spec: {containers: [{resources: {requests: {cpu: 250m} } }, {resources: {requests: {cpu: '0.25'} } }]}
            status:
              phase: {{phase}}
              startTime: {{Now.AddSeconds(-age):yyyy-MM-ddTHH:mm:ssZ}}
              conditions: [{type: Ready, status: '{{ready}}', lastTransitionTime: '{{Now.AddSeconds(-1):yyyy-MM-ddTHH:mm:ssZ}}'}]
            """).Single();
        AutoscaleReading reading = Assert.Single(Autoscaler.Read([pod], new Dictionary<string, double> { ["p"] = 0.1 }, "cpu", Now));
        Assert.Equal((0.5, 0.1, state), (reading.Request, reading.Value, reading.State));
    }

    [Theory]
    [InlineData("250m", 0.25)]
    [InlineData("1", 1)]
    [InlineData("1.5", 1.5)]
    [InlineData("128Mi", 134217728)]
    [InlineData("1e3", 1000)]
    [InlineData("2k", 2000)]
    [InlineData("1E", 1e18)]
    [InlineData("12345678n", 0.012345678)]
    public void Quantities_are_read(string text, double value) => Assert.Equal((decimal)value, Quantity.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("12Q")]
    [InlineData("m")]
    public void What_is_no_quantity_is_refused(string text) => Assert.Throws<FormatException>(() => Quantity.Parse(text));

    private static AutoscaleMetric Cpu(int target, string use) => new("cpu", AutoscaleTarget.Utilization, target,
    [
        .. use.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select((text, i) => new AutoscaleReading($"pod-{i}",
            text == "-" ? null : double.Parse(text.TrimStart('!', 'x')), 100,
            text[0] switch { '!' => AutoscalePodState.NotReady, 'x' => AutoscalePodState.Excluded, _ => AutoscalePodState.Ready })),
    ]);
}
