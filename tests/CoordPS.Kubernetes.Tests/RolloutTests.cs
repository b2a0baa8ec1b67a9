using System.Text.Json.Nodes;

namespace CoordPS.Kubernetes.Tests;

public class RolloutTests
{
    private static readonly DateTimeOffset Now = new(2024, 5, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly KubernetesObject[] Sets = [Set("web-1", 1, "app:1", "2024-05-01T10:00:00Z"), Set("web-2", 2, "app:2", "2024-05-01T11:00:00Z"), Set("other", 3, "app:2", "2024-05-01T09:00:00Z", "x")];

    /// <summary>The order and the conditions of kubectl's rollout_status.go.</summary>
    [Theory]
    [InlineData("observedGeneration: 1", RolloutPhase.Progressing, "Waiting for the update of Deployment.apps/web in namespace shop to be observed.")]
    [InlineData("observedGeneration: 2, replicas: 3, updatedReplicas: 1", RolloutPhase.Progressing, "1 of 3 new replicas have been updated")]
    [InlineData("observedGeneration: 2, replicas: 4, updatedReplicas: 3", RolloutPhase.Progressing, "1 old replicas are to end")]
    [InlineData("observedGeneration: 2, replicas: 3, updatedReplicas: 3, availableReplicas: 2", RolloutPhase.Progressing, "2 of 3 updated replicas are available")]
    [InlineData("observedGeneration: 2, replicas: 3, updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3", RolloutPhase.Complete, "is rolled out: 3 replicas are available")]
    [InlineData("observedGeneration: 2, replicas: 3, updatedReplicas: 3, conditions: [{type: Progressing, status: 'False', reason: ProgressDeadlineExceeded}]", RolloutPhase.Failed, "it made no progress within 600 s")]
    [InlineData("observedGeneration: 1, conditions: [{type: Progressing, status: 'False', reason: ProgressDeadlineExceeded}]", RolloutPhase.Progressing, "to be observed")]
    public void The_status_of_a_deployment_is_read_as_kubectl_does(string status, RolloutPhase phase, string message)
    {
        RolloutStatus told = new RolloutTracker().Update(Deployment(status), Sets, [], Now);
        Assert.Equal(phase, told.Phase);
        Assert.Contains(message, told.Message, StringComparison.Ordinal);
        Assert.Equal((3, 2), (told.Desired, told.Revision));
    }

    [Fact]
    public void A_paused_deployment_is_paused_until_it_is_complete()
    {
        KubernetesObject paused = Deployment("observedGeneration: 2, replicas: 3, updatedReplicas: 1");
        paused.Spec!["paused"] = true;
        Assert.Equal(RolloutPhase.Paused, new RolloutTracker().Update(paused, Sets, [], Now).Phase);
    }

    [Theory]
    [InlineData("{waiting: {reason: CrashLoopBackOff}}", 1, false)]
    [InlineData("{waiting: {reason: CrashLoopBackOff}}", 2, true)]
    [InlineData("{running: {}}", 1, false)]
    [InlineData("{running: {}}", 3, true)]
    [InlineData("{terminated: {exitCode: 1, reason: Error}}", 0, false)]
    [InlineData("{terminated: {exitCode: 1, reason: Error}}", 2, true)]
    public void A_crash_loop_is_certain_when_a_container_has_ended_three_times(string state, int restarts, bool certain)
    {
        RolloutStatus told = Update(new RolloutTracker(), Pod("web-2-a", "web-2", state, restarts), Now);
        RolloutProblem problem = Assert.Single(told.Problems);
        Assert.Equal((RolloutProblemKind.CrashLoop, certain, "web-2-a", "app"), (problem.Kind, problem.IsCertain, problem.Pod, problem.Container));
        Assert.Equal(certain, told.IsFailed);
        Assert.Contains("exit code 1", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("InvalidImageName", "", true)]
    [InlineData("ErrImageNeverPull", "", true)]
    [InlineData("ErrImagePull", "failed to resolve reference: app:2: not found", true)]
    [InlineData("ErrImagePull", "manifest unknown", true)]
    [InlineData("ErrImagePull", "dial tcp: i/o timeout", false)]
    [InlineData("ImagePullBackOff", "Back-off pulling image", false)]
    public void An_image_that_a_registry_does_not_have_is_certain_at_once(string reason, string message, bool certain)
    {
        RolloutStatus told = Update(new RolloutTracker(), Pod("p", "web-2", $"{{waiting: {{reason: {reason}, message: '{message}'}}}}"), Now);
        Assert.Equal((RolloutProblemKind.ImagePull, certain), (Assert.Single(told.Problems).Kind, told.IsFailed));
        Assert.Contains("app:2", told.Problems[0].Message, StringComparison.Ordinal);
        Assert.Equal(certain ? null : Now.AddSeconds(30), told.LookAgain);
    }

    [Fact]
    public void What_may_pass_is_certain_after_its_grace_and_starts_anew_when_it_passed()
    {
        var tracker = new RolloutTracker();
        KubernetesObject[] bad = [Pod("p", "web-2", "{waiting: {reason: ImagePullBackOff}}"), Pod("q", "web-2", "{waiting: {reason: CreateContainerConfigError, message: secret missing}}")];
        Assert.False(Update(tracker, bad, Now).IsFailed);
        Assert.False(Update(tracker, [Pod("p", "web-2", "{waiting: {reason: ErrImagePull, message: timeout}}"), bad[1]], Now.AddSeconds(29)).IsFailed);
        Assert.True(Update(tracker, bad, Now.AddSeconds(30)).IsFailed);
        Assert.False(Update(tracker, Pod("p", "web-2", "{waiting: {reason: ContainerCreating}}"), Now.AddSeconds(31)).IsFailed);
        Assert.False(Update(tracker, bad, Now.AddSeconds(32)).IsFailed);
    }

    [Fact]
    public void Old_pods_and_pods_of_others_do_not_matter()
    {
        RolloutStatus told = new RolloutTracker().Update(Deployment("observedGeneration: 2, replicas: 4, updatedReplicas: 1"), Sets,
            [Pod("old", "web-1", "{waiting: {reason: CrashLoopBackOff}}", 9), Pod("other", "other", "{waiting: {reason: CrashLoopBackOff}}", 9), Pod("new", "web-2", "{waiting: {reason: ContainerCreating}}")], Now);
        Assert.Equal(["new"], told.Pods.Select(p => p.Name));
        Assert.Equal((RolloutPhase.Progressing, RolloutProblemKind.Starting), (told.Phase, Assert.Single(told.Problems).Kind));
    }

    [Fact]
    public void A_quota_is_certain_after_a_minute_and_an_unschedulable_pod_never_is()
    {
        const string Status = "observedGeneration: 2, replicas: 1, updatedReplicas: 1, conditions: [{type: ReplicaFailure, status: 'True', reason: FailedCreate, message: 'exceeded quota', lastTransitionTime: '2024-05-01T12:00:00Z'}]";
        KubernetesObject pending = Pod("p", "web-2", null);
        pending.Json["status"] = JsonNode.Parse("""{"phase":"Pending","conditions":[{"type":"PodScheduled","status":"False","reason":"Unschedulable","message":"0/3 nodes are available"}]}""");
        pending.Spec!.Remove("nodeName");
        var tracker = new RolloutTracker();
        RolloutStatus first = tracker.Update(Deployment(Status), Sets, [pending], Now.AddSeconds(1));
        Assert.Equal([RolloutProblemKind.FailedCreate, RolloutProblemKind.Unschedulable], first.Problems.Select(p => p.Kind));
        Assert.False(first.IsFailed);
        Assert.Equal(Now.AddSeconds(60), first.LookAgain);
        RolloutStatus later = tracker.Update(Deployment(Status), Sets, [pending], Now.AddSeconds(60));
        Assert.Contains("exceeded quota", later.Message, StringComparison.Ordinal);
        Assert.Equal(RolloutProblemKind.FailedCreate, later.Problems.Single(p => p.IsCertain).Kind);
    }

    [Theory]
    [InlineData("StatefulSet", "{replicas: 3}", "observedGeneration: 2, readyReplicas: 2, updateRevision: b, currentRevision: b", RolloutPhase.Progressing)]
    [InlineData("StatefulSet", "{replicas: 3}", "observedGeneration: 2, readyReplicas: 3, updateRevision: b, currentRevision: a", RolloutPhase.Progressing)]
    [InlineData("StatefulSet", "{replicas: 3}", "observedGeneration: 2, readyReplicas: 3, updateRevision: b, currentRevision: b", RolloutPhase.Complete)]
    [InlineData("StatefulSet", "{replicas: 3, updateStrategy: {type: RollingUpdate, rollingUpdate: {partition: 2}}}", "observedGeneration: 2, readyReplicas: 3, updatedReplicas: 0, updateRevision: b, currentRevision: a", RolloutPhase.Progressing)]
    [InlineData("StatefulSet", "{replicas: 3, updateStrategy: {type: RollingUpdate, rollingUpdate: {partition: 2}}}", "observedGeneration: 2, readyReplicas: 3, updatedReplicas: 1, updateRevision: b, currentRevision: a", RolloutPhase.Complete)]
    [InlineData("StatefulSet", "{replicas: 3}", "observedGeneration: 1, readyReplicas: 3", RolloutPhase.Progressing)]
    [InlineData("DaemonSet", "{}", "observedGeneration: 2, desiredNumberScheduled: 2, updatedNumberScheduled: 1, numberAvailable: 2", RolloutPhase.Progressing)]
    [InlineData("DaemonSet", "{}", "observedGeneration: 2, desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberAvailable: 1", RolloutPhase.Progressing)]
    [InlineData("DaemonSet", "{}", "observedGeneration: 2, desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberAvailable: 2", RolloutPhase.Complete)]
    [InlineData("DaemonSet", "{}", "observedGeneration: 1, desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberAvailable: 2", RolloutPhase.Progressing)]
    public void Stateful_and_daemon_sets_are_read_as_kubectl_does(string kind, string spec, string status, RolloutPhase phase) =>
        Assert.Equal(phase, new RolloutTracker().Update(Yaml($"{{apiVersion: apps/v1, kind: {kind}, metadata: {{name: s, uid: u, generation: 2}}, spec: {spec}, status: {{{status}}}}}"), [], [], Now).Phase);

    [Fact]
    public void The_history_is_that_of_the_own_replica_sets()
    {
        IReadOnlyList<RolloutRevision> history = RolloutHistory.Of(Deployment("observedGeneration: 2"), Sets);
        Assert.Equal([(1, "app:1", false), (2, "app:2", true)], history.Select(r => (r.Revision, r.Images.Single(), r.IsCurrent)));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(1L)]
    public void Undo_brings_back_the_template_and_annotations_of_before(long? revision)
    {
        KubernetesObject deployment = Deployment("observedGeneration: 2");
        deployment.SetAnnotation("team", "b");
        (RolloutRevision to, JsonArray? patch) = RolloutHistory.Undo(deployment, Sets, revision);
        Assert.Equal(1, to.Revision);
        Assert.Equal("/spec/template", patch![0]!["path"]!.ToString());
        var template = (JsonObject)patch[0]!["value"]!;
        Assert.Equal("app:1", template["spec"]!["containers"]![0]!["image"]!.ToString());
        Assert.False(template["metadata"]!["labels"]!.AsObject().ContainsKey("pod-template-hash"));
        Assert.Equal("""{"deployment.kubernetes.io/revision":"2","team":"a"}""", patch[1]!["value"]!.ToJsonString());
    }

    [Fact]
    public void Undo_to_what_is_there_needs_no_patch_and_to_what_is_not_there_tells_what_is()
    {
        Assert.Null(RolloutHistory.Undo(Deployment("observedGeneration: 2"), Sets, 2).Patch);
        KubernetesException e = Assert.Throws<KubernetesException>(() => RolloutHistory.Undo(Deployment("observedGeneration: 2"), Sets, 7));
        Assert.Contains("has no revision 7", e.Message, StringComparison.Ordinal);
        Assert.Contains("1, 2", e.RecommendedAction, StringComparison.Ordinal);
        KubernetesObject paused = Deployment("observedGeneration: 2");
        paused.Spec!["paused"] = true;
        Assert.Contains("paused", Assert.Throws<KubernetesException>(() => RolloutHistory.Undo(paused, Sets)).Message, StringComparison.Ordinal);
        Assert.Contains("no revision to go back to", Assert.Throws<KubernetesException>(() => RolloutHistory.Undo(Deployment("observedGeneration: 2"), [Sets[1]])).Message, StringComparison.Ordinal);
    }

    private static RolloutStatus Update(RolloutTracker tracker, KubernetesObject pod, DateTimeOffset now) => Update(tracker, [pod], now);

    private static RolloutStatus Update(RolloutTracker tracker, KubernetesObject[] pods, DateTimeOffset now) =>
        tracker.Update(Deployment("observedGeneration: 2, replicas: 4, updatedReplicas: 1, availableReplicas: 3"), Sets, pods, now);

    private static KubernetesObject Yaml(string text) => KubernetesYaml.Read(text).Single();

    private static KubernetesObject Deployment(string status) => Yaml($$"""
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web, namespace: shop, uid: d, generation: 2, annotations: {deployment.kubernetes.io/revision: "2"} }
        spec: {replicas: 3, template: {metadata: {labels: {app: web} }, spec: {containers: [{name: app, image: 'app:2'}]} } }
        status: {{{status}}}
        """);

    private static KubernetesObject Set(string name, int revision, string image, string created, string owner = "d") => Yaml($$"""
        apiVersion: apps/v1
        kind: ReplicaSet
        metadata: {name: {{name}}, namespace: shop, uid: {{name}}, creationTimestamp: {{created}}, ownerReferences: [{kind: Deployment, name: web, uid: {{owner}}, controller: true}],
          annotations: {deployment.kubernetes.io/revision: "{{revision}}", deployment.kubernetes.io/desired-replicas: "3", team: a} }
        spec: {template: {metadata: {labels: {app: web, pod-template-hash: h} }, spec: {containers: [{name: app, image: '{{image}}'}]} } }
        """);

    private static KubernetesObject Pod(string name, string set, string? state, int restarts = 0)
    {
        KubernetesObject pod = Yaml($$"""
            apiVersion: v1
            kind: Pod
            metadata: {name: {{name}}, namespace: shop, uid: {{name}}, ownerReferences: [{kind: ReplicaSet, name: {{set}}, uid: {{set}}, controller: true}]}
            spec: {nodeName: n, containers: [{name: app, image: 'app:2'}]}
            """);
        if (state is not null)
        {
            pod.Json["status"] = KubernetesYaml.Read($"{{apiVersion: v1, kind: S, phase: Pending, containerStatuses: [{{name: app, ready: false, restartCount: {restarts}, state: {state}}}]}}").Single().Json.DeepClone();
            if (restarts > 0)
                pod.Status!["containerStatuses"]![0]!["lastState"] = JsonNode.Parse("""{"terminated":{"exitCode":1,"reason":"Error"}}""");
        }

        return pod;
    }
}
