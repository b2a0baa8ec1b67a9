namespace CoordPS.Kubernetes;

/// <summary>How far a rollout is.</summary>
public enum RolloutPhase
{
    /// <summary>It goes on.</summary>
    Progressing,

    /// <summary>It is paused and does not go on until it is resumed.</summary>
    Paused,

    /// <summary>All is as asked for.</summary>
    Complete,

    /// <summary>It is certain that it will not end well by itself.</summary>
    Failed,
}

/// <summary>What keeps a rollout, or one of its pods, from being ready.</summary>
public enum RolloutProblemKind
{
    /// <summary>The deployment made no progress within its deadline.</summary>
    ProgressDeadlineExceeded,

    /// <summary>A container crashes again and again.</summary>
    CrashLoop,

    /// <summary>An image can't be pulled.</summary>
    ImagePull,

    /// <summary>A container can't be created, such as for a Secret that is not there.</summary>
    ContainerConfig,

    /// <summary>Pods can't be created, such as for a quota.</summary>
    FailedCreate,

    /// <summary>No node takes the pod.</summary>
    Unschedulable,

    /// <summary>The pod ended though it should not have.</summary>
    PodFailed,

    /// <summary>It runs and is not ready yet.</summary>
    NotReady,

    /// <summary>It is being started.</summary>
    Starting,
}

/// <summary>One thing that keeps a rollout from being complete.</summary>
/// <param name="Kind">What.</param>
/// <param name="Reason">Kubernetes' own word, such as <c>ImagePullBackOff</c>.</param>
/// <param name="Message">What is wrong, for people.</param>
public sealed record RolloutProblem(RolloutProblemKind Kind, string Reason, string Message)
{
    /// <summary>The pod; null if it is none's.</summary>
    public string? Pod { get; init; }

    /// <summary>The container; null if it is none's.</summary>
    public string? Container { get; init; }

    /// <summary>How often the container was restarted.</summary>
    public int Restarts { get; init; }

    /// <summary>Whether it is certain that waiting will not help.</summary>
    public bool IsCertain { get; init; }

    /// <inheritdoc/>
    public override string ToString()
    {
        string where = Pod is null ? "" : Container is null ? $"pod {Pod}: " : $"pod {Pod}, container {Container}: ";
        return $"{where}{Reason}{(Message.Length > 0 ? $": {Message}" : "")}";
    }
}

/// <summary>How far a rollout of a Deployment, StatefulSet or DaemonSet is, as <c>kubectl rollout status</c> tells it, and what holds it up.</summary>
public sealed class RolloutStatus
{
    /// <summary>The object's kind.</summary>
    public required string Kind { get; init; }

    /// <summary>The object's name.</summary>
    public required string Name { get; init; }

    /// <summary>The object's namespace.</summary>
    public required string? Namespace { get; init; }

    /// <summary>The revision; null if it is not known yet, or of a kind that does not number them.</summary>
    public long? Revision { get; init; }

    /// <summary>How many pods there should be.</summary>
    public required int Desired { get; init; }

    /// <summary>How many pods there are, old and new.</summary>
    public required int Current { get; init; }

    /// <summary>How many pods are of the new template.</summary>
    public required int Updated { get; init; }

    /// <summary>How many pods are ready, old and new.</summary>
    public required int Ready { get; init; }

    /// <summary>How many pods have been ready for long enough, old and new.</summary>
    public required int Available { get; init; }

    /// <summary>How far it is.</summary>
    public required RolloutPhase Phase { get; init; }

    /// <summary>What it waits for, or how it ended, in a sentence.</summary>
    public required string Message { get; init; }

    /// <summary>What keeps it from being complete, what is certain first.</summary>
    public IReadOnlyList<RolloutProblem> Problems { get; init; } = [];

    /// <summary>The pods of the new template.</summary>
    public IReadOnlyList<Pod> Pods { get; init; } = [];

    /// <summary>Whether all is as asked for.</summary>
    public bool IsComplete => Phase == RolloutPhase.Complete;

    /// <summary>Whether it is certain that it will not end well by itself.</summary>
    public bool IsFailed => Phase == RolloutPhase.Failed;

    /// <summary>
    /// When a problem that is there now becomes certain if it stays; null if none will by time alone. A caller who waits for
    /// events looks again then.
    /// </summary>
    public DateTimeOffset? LookAgain { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Message;
}
