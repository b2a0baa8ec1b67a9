using System.Text.Json.Nodes;

namespace CoordPS.Kubernetes;

/// <summary>
/// Follows one rollout: tells from its objects how far it is, and remembers since when each problem has been there. No I/O and no clock of
/// its own: the caller gives it what it watched, and the time. Not thread-safe.
/// </summary>
public sealed class RolloutTracker
{
    private static readonly string[] FinalAnswers =
        ["not found", "manifest unknown", "does not exist", "access denied", "access forbidden", "unauthorized", "authentication required", "invalid reference format"];

    private readonly RolloutRules _rules;
    private readonly Dictionary<(string Uid, string Container, RolloutProblemKind Kind), DateTimeOffset> _since = [];

    /// <summary>Begins to follow.</summary>
    /// <param name="rules">When a problem is certain; null for the defaults.</param>
    public RolloutTracker(RolloutRules? rules = null) => _rules = rules ?? new RolloutRules();

    /// <summary>How far it is.</summary>
    /// <param name="workload">The Deployment, StatefulSet or DaemonSet.</param>
    /// <param name="replicaSets">ReplicaSets, among them those of the Deployment; not looked at for the other kinds.</param>
    /// <param name="pods">Pods, among them those of the workload.</param>
    /// <param name="now">The time.</param>
    /// <exception cref="ArgumentException">The workload is of another kind.</exception>
    public RolloutStatus Update(KubernetesObject workload, IEnumerable<KubernetesObject> replicaSets, IEnumerable<KubernetesObject> pods, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(workload);
        KubernetesObject? newSet = workload.Kind == "Deployment" ? RolloutHistory.NewReplicaSet(workload, replicaSets) : null;
        Pod[] updated = [.. PodsOf(workload, newSet, pods)];
        (List<RolloutProblem> problems, DateTimeOffset? again) = ProblemsOf(updated, now);
        Counted counted = workload.Kind switch
        {
            "Deployment" => Deployment(workload, newSet, problems, now, ref again),
            "StatefulSet" => StatefulSet(workload),
            "DaemonSet" => DaemonSet(workload),
            _ => throw new ArgumentException($"A {workload.Kind} has no rollout; Deployments, StatefulSets and DaemonSets have.", nameof(workload)),
        };
        problems = [.. problems.OrderBy(static p => p.IsCertain ? 0 : 1).ThenBy(static p => p.Kind)];
        bool observed = workload.Generation <= (workload.Status.Number("observedGeneration") ?? 0);
        RolloutProblem? certain = counted.Phase == RolloutPhase.Complete || !observed ? null : problems.FirstOrDefault(static p => p.IsCertain);
        return new RolloutStatus
        {
            Kind = workload.Kind,
            Name = workload.Name,
            Namespace = workload.Namespace,
            Revision = workload.Kind == "Deployment" ? RolloutHistory.RevisionOf(newSet) ?? RolloutHistory.RevisionOf(workload) : null,
            Desired = counted.Desired,
            Current = counted.Current,
            Updated = counted.Updated,
            Ready = counted.Ready,
            Available = counted.Available,
            Phase = certain is not null ? RolloutPhase.Failed : counted.Phase,
            Message = certain is not null ? $"The rollout of {workload.Description} failed: {certain}" : counted.Message,
            Problems = problems,
            Pods = updated,
            LookAgain = counted.Phase == RolloutPhase.Complete || certain is not null ? null : again,
        };
    }

    private static IEnumerable<Pod> PodsOf(KubernetesObject workload, KubernetesObject? newSet, IEnumerable<KubernetesObject> pods)
    {
        string? owner = workload.Kind == "Deployment" ? newSet?.Uid : workload.Uid;
        IEnumerable<KubernetesObject> owned = pods.Where(pod => owner is not null && pod.Controller?.Uid == owner && pod.DeletionTimestamp is null);
        if (workload.Kind == "StatefulSet" && workload.Status.Text("updateRevision") is { } revision)
            owned = owned.Where(pod => pod.Labels.GetValueOrDefault("controller-revision-hash") == revision);
        else if (workload.Kind == "DaemonSet" && workload.Annotations.TryGetValue("deprecated.daemonset.template.generation", out string? generation))
            owned = owned.Where(pod => pod.Labels.GetValueOrDefault("pod-template-generation", generation) == generation);
        return owned.OrderBy(static pod => pod.CreationTimestamp).Select(static pod => new Pod(pod));
    }

    private static Counted StatefulSet(KubernetesObject set)
    {
        JsonObject? status = set.Status;
        int desired = set.Spec.Int("replicas") ?? 1, updated = status.Int("updatedReplicas") ?? 0, ready = status.Int("readyReplicas") ?? 0;
        var counted = new Counted(desired, status.Int("replicas") ?? 0, updated, ready, status.Int("availableReplicas") ?? ready);
        if (set.Spec.Object("updateStrategy").Text("type") == "OnDelete")
            return counted with { Phase = RolloutPhase.Complete, Message = $"The pods of {set.Description} are updated when they are deleted (OnDelete)." };
        long observed = status.Number("observedGeneration") ?? 0;
        if (observed == 0 || set.Generation > observed)
            return counted with { Message = $"Waiting for the update of {set.Description} to be observed." };
        if (ready < desired)
            return counted with { Message = $"Waiting for {desired - ready} of {desired} pods of {set.Description} to be ready." };
        int partition = set.Spec.Object("updateStrategy").Object("rollingUpdate").Int("partition") ?? 0;
        if (partition > 0)
        {
            return updated < desired - partition
                ? counted with { Message = $"Waiting for the partitioned rollout of {set.Description}: {updated} of {desired - partition} new pods have been updated." }
                : counted with { Phase = RolloutPhase.Complete, Message = $"The partitioned rollout of {set.Description} is complete: {updated} pods have been updated." };
        }

        return status.Text("updateRevision") != status.Text("currentRevision")
            ? counted with { Message = $"Waiting for the rolling update of {set.Description}: {updated} pods are at revision {status.Text("updateRevision")}." }
            : counted with { Phase = RolloutPhase.Complete, Message = $"{set.Description} is rolled out: {ready} pods at revision {status.Text("currentRevision")}." };
    }

    private static Counted DaemonSet(KubernetesObject set)
    {
        JsonObject? status = set.Status;
        int desired = status.Int("desiredNumberScheduled") ?? 0, updated = status.Int("updatedNumberScheduled") ?? 0, available = status.Int("numberAvailable") ?? 0;
        var counted = new Counted(desired, status.Int("currentNumberScheduled") ?? 0, updated, status.Int("numberReady") ?? 0, available);
        if (set.Spec.Object("updateStrategy").Text("type") == "OnDelete")
            return counted with { Phase = RolloutPhase.Complete, Message = $"The pods of {set.Description} are updated when they are deleted (OnDelete)." };
        if (set.Generation > (status.Number("observedGeneration") ?? 0))
            return counted with { Message = $"Waiting for the update of {set.Description} to be observed." };
        if (updated < desired)
            return counted with { Message = $"Waiting for {set.Description}: {updated} of {desired} pods have been updated." };
        return available < desired
            ? counted with { Message = $"Waiting for {set.Description}: {available} of {desired} updated pods are available." }
            : counted with { Phase = RolloutPhase.Complete, Message = $"{set.Description} is rolled out: {available} pods are available." };
    }

    private Counted Deployment(KubernetesObject deployment, KubernetesObject? newSet, List<RolloutProblem> problems, DateTimeOffset now, ref DateTimeOffset? again)
    {
        JsonObject? status = deployment.Status;
        int desired = deployment.Spec.Int("replicas") ?? 1, all = status.Int("replicas") ?? 0, updated = status.Int("updatedReplicas") ?? 0;
        var counted = new Counted(desired, all, updated, status.Int("readyReplicas") ?? 0, status.Int("availableReplicas") ?? 0);
        if (deployment.Generation > (status.Number("observedGeneration") ?? 0))
            return counted with { Message = $"Waiting for the update of {deployment.Description} to be observed." };

        if (Condition.Find(status, "Progressing") is { Reason: "ProgressDeadlineExceeded" } deadline)
        {
            problems.Insert(0, new RolloutProblem(RolloutProblemKind.ProgressDeadlineExceeded, deadline.Reason,
                $"it made no progress within {deployment.Spec.Int("progressDeadlineSeconds") ?? 600} s")
            { IsCertain = true });
        }

        if (FailureOf(deployment, newSet) is { } failure)
        {
            bool certain = Certain((deployment.Uid, "", RolloutProblemKind.FailedCreate), _rules.CreateGrace, failure.LastTransition ?? now, now, ref again);
            problems.Add(new RolloutProblem(RolloutProblemKind.FailedCreate, failure.Reason, failure.Message) { IsCertain = certain });
        }
        else
        {
            _since.Remove((deployment.Uid, "", RolloutProblemKind.FailedCreate));
        }

        // The order and the conditions of kubectl rollout status.
        if (updated < desired)
        {
            return deployment.Spec.Flag("paused") == true
                ? counted with { Phase = RolloutPhase.Paused, Message = $"{deployment.Description} is paused: {updated} of {desired} new replicas have been updated." }
                : counted with { Message = $"Waiting for {deployment.Description}: {updated} of {desired} new replicas have been updated." };
        }

        if (all > updated)
        {
            return deployment.Spec.Flag("paused") == true
                ? counted with { Phase = RolloutPhase.Paused, Message = $"{deployment.Description} is paused: {all - updated} old replicas are left." }
                : counted with { Message = $"Waiting for {deployment.Description}: {all - updated} old replicas are to end." };
        }

        return counted.Available < updated
            ? counted with { Message = $"Waiting for {deployment.Description}: {counted.Available} of {updated} updated replicas are available." }
            : counted with { Phase = RolloutPhase.Complete, Message = $"{deployment.Description} is rolled out: {counted.Available} replicas are available." };
    }

    private static Condition? FailureOf(KubernetesObject deployment, KubernetesObject? newSet) =>
        new[] { Condition.Find(newSet?.Status, "ReplicaFailure"), Condition.Find(deployment.Status, "ReplicaFailure") }.FirstOrDefault(static c => c is { IsTrue: true });

    private (List<RolloutProblem> Problems, DateTimeOffset? Again) ProblemsOf(Pod[] pods, DateTimeOffset now)
    {
        var problems = new List<RolloutProblem>();
        DateTimeOffset? again = null;
        var seen = new HashSet<(string, string, RolloutProblemKind)>();
        foreach (Pod pod in pods)
        {
            if (pod.IsReady)
                continue;
            int before = problems.Count;
            if (pod.NodeName is null && pod.Conditions.FirstOrDefault(static c => c is { Type: "PodScheduled", Status: "False" }) is { } unscheduled)
                problems.Add(new RolloutProblem(RolloutProblemKind.Unschedulable, unscheduled.Reason, unscheduled.Message) { Pod = pod.Name });
            else if (pod.Phase == "Failed")
            {
                problems.Add(new RolloutProblem(RolloutProblemKind.PodFailed, pod.Status.Text("reason") ?? "Failed", pod.Status.Text("message") ?? "the pod ended")
                {
                    Pod = pod.Name,
                });
            }

            foreach (PodContainer container in pod.Containers)
            {
                if (ProblemOf(pod, container, now, seen, ref again) is { } problem)
                    problems.Add(problem);
            }

            if (problems.Count == before)
            {
                IEnumerable<string> unready = pod.Containers.Where(static c => !c.IsInit && !c.IsReady).Select(static c => c.Name);
                problems.Add(pod.Phase == "Running"
                    ? new RolloutProblem(RolloutProblemKind.NotReady, "NotReady", $"not ready: {string.Join(", ", unready)}") { Pod = pod.Name }
                    : new RolloutProblem(RolloutProblemKind.Starting, pod.StatusText, "") { Pod = pod.Name });
            }
        }

        foreach (var key in _since.Keys.Where(key => key.Kind != RolloutProblemKind.FailedCreate && !seen.Contains(key)).ToArray())
            _since.Remove(key);
        return (problems, again);
    }

    private RolloutProblem? ProblemOf(Pod pod, PodContainer container, DateTimeOffset now, HashSet<(string, string, RolloutProblemKind)> seen, ref DateTimeOffset? again)
    {
        if (!container.HasStatus || container.IsReady || container.IsDone)
            return null;
        bool ended = container.State == ContainerState.Terminated && container.ExitCode is not (null or 0);
        int crashes = container.Restarts + (ended ? 1 : 0) + (container.Reason == "CrashLoopBackOff" && container.LastExitCode is not null ? 1 : 0);
        if (container.Reason == "CrashLoopBackOff" || ended || (container.Restarts > 0 && container.LastExitCode is not (null or 0)))
        {
            string why = container.LastReason is "" or "Error" ? "" : $", {container.LastReason}";
            string how = container.LastExitCode is { } code ? $"exit code {code}{why}" : "it ended";
            crashes = Math.Max(crashes, 1);
            return Problem(RolloutProblemKind.CrashLoop, crashes >= _rules.Crashes, container.Reason.Length > 0 ? container.Reason : "Crashed",
                $"it has crashed {crashes} times ({how})");
        }

        if (container.State != ContainerState.Waiting)
            return null;
        switch (container.Reason)
        {
            case "InvalidImageName" or "ErrImageNeverPull":
                return Problem(RolloutProblemKind.ImagePull, true, container.Reason, ImageMessage());
            case "ErrImagePull" or "ImagePullBackOff" or "RegistryUnavailable" or "ImageInspectError" or "SignatureValidationFailed":
                bool lasts = Lasts(RolloutProblemKind.ImagePull, _rules.ImageGrace, ref again);
                return Problem(RolloutProblemKind.ImagePull, lasts || IsFinal(container.Message), container.Reason, ImageMessage());
            case "CreateContainerConfigError" or "CreateContainerError" or "RunContainerError" or "PreCreateHookError" or "PreStartHookError" or "PostStartHookError":
                return Problem(RolloutProblemKind.ContainerConfig, Lasts(RolloutProblemKind.ContainerConfig, _rules.ConfigGrace, ref again),
                    container.Reason, container.Message);
            default:
                return null;
        }

        RolloutProblem Problem(RolloutProblemKind kind, bool certain, string reason, string message) =>
            new(kind, reason, message) { Pod = pod.Name, Container = container.Name, Restarts = container.Restarts, IsCertain = certain };

        string ImageMessage() => container.Message.Contains(container.Image, StringComparison.Ordinal) ? container.Message
            : container.Message.Length > 0 ? $"{container.Image}: {container.Message}"
            : $"{container.Image} can't be pulled";

        bool Lasts(RolloutProblemKind kind, TimeSpan grace, ref DateTimeOffset? next)
        {
            var key = (pod.Uid, container.Name, kind);
            seen.Add(key);
            return Certain(key, grace, now, now, ref next);
        }
    }

    /// <summary>Whether a registry's answer will be the same the next time.</summary>
    private static bool IsFinal(string message) => FinalAnswers.Any(part => message.Contains(part, StringComparison.OrdinalIgnoreCase));

    private bool Certain((string, string, RolloutProblemKind) key, TimeSpan grace, DateTimeOffset start, DateTimeOffset now, ref DateTimeOffset? again)
    {
        if (!_since.TryGetValue(key, out DateTimeOffset since))
            _since[key] = since = start;
        DateTimeOffset at = since + grace;
        if (now >= at)
            return true;
        if (again is null || at < again)
            again = at;
        return false;
    }

    private sealed record Counted(int Desired, int Current, int Updated, int Ready, int Available)
    {
        public RolloutPhase Phase { get; init; } = RolloutPhase.Progressing;

        public string Message { get; init; } = "";
    }
}
