using System.Text.Json.Nodes;

namespace CoordPS.Kubernetes;

/// <summary>A pod.</summary>
public sealed class Pod(JsonObject json) : KubernetesObject(json)
{
    /// <summary>A pod of an object that is one.</summary>
    public Pod(KubernetesObject value)
        : this(NotNull(value).Json)
    {
    }

    /// <summary><c>Pending</c>, <c>Running</c>, <c>Succeeded</c>, <c>Failed</c> or <c>Unknown</c>.</summary>
    public string Phase => Status.Text("phase") ?? "Unknown";

    /// <summary>Whether it takes requests.</summary>
    public bool IsReady => Condition.Find(Status, "Ready")?.IsTrue ?? false;

    /// <summary>The node it runs on; null if it has none yet.</summary>
    public string? NodeName => Spec.Text("nodeName");

    /// <summary>Its address; null if it has none yet.</summary>
    public string? PodIP => Status.Text("podIP");

    /// <summary>When its node began with it; null if it did not.</summary>
    public DateTimeOffset? StartTime => Status.Time("startTime");

    /// <summary>The conditions.</summary>
    public IReadOnlyList<Condition> Conditions => Condition.ReadAll(Status);

    /// <summary>The containers, those for initialization first.</summary>
    public IReadOnlyList<PodContainer> Containers => [.. Read("initContainers", "initContainerStatuses", true), .. Read("containers", "containerStatuses", false)];

    /// <summary>How often its containers were restarted.</summary>
    public int Restarts => Containers.Sum(static c => c.Restarts);

    /// <summary>What kubectl shows as its status: the reason of what is wrong, else the phase.</summary>
    public string StatusText
    {
        get
        {
            if (DeletionTimestamp is not null)
                return "Terminating";
            if (Status.Text("reason") is { Length: > 0 } reason)
                return reason;
            PodContainer[] all = [.. Containers];
            if (all.FirstOrDefault(static c => c.IsInit && !c.IsDone) is { } init)
                return init.Reason.Length > 0 ? $"Init:{init.Reason}" : Phase == "Pending" ? "Init" : Phase;
            return all.FirstOrDefault(static c => !c.IsInit && c.State is not ContainerState.Running && c.Reason.Length > 0)?.Reason ?? Phase;
        }
    }

    private static KubernetesObject NotNull(KubernetesObject value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return value;
    }

    private IEnumerable<PodContainer> Read(string specs, string statuses, bool isInit)
    {
        var byName = Status.Objects(statuses).ToLookup(static s => s.Text("name") ?? "");
        foreach (JsonObject spec in Spec.Objects(specs))
        {
            string name = spec.Text("name") ?? "";
            yield return new PodContainer(name, spec.Text("image") ?? "", isInit, byName[name].FirstOrDefault());
        }
    }
}

/// <summary>What a container does.</summary>
public enum ContainerState
{
    /// <summary>It was not started yet, or waits to be started again.</summary>
    Waiting,

    /// <summary>It runs.</summary>
    Running,

    /// <summary>It ended.</summary>
    Terminated,
}

/// <summary>A container of a pod, with its status.</summary>
public sealed class PodContainer
{
    internal PodContainer(string name, string image, bool isInit, JsonObject? status)
    {
        JsonObject? state = status.Object("state"), last = status.Object("lastState").Object("terminated");
        (Name, Image, IsInit) = (name, image, isInit);
        JsonObject? running = state.Object("running"), ended = state.Object("terminated"), waiting = state.Object("waiting");
        State = running is not null ? ContainerState.Running : ended is not null ? ContainerState.Terminated : ContainerState.Waiting;
        Reason = (waiting ?? ended).Text("reason") ?? "";
        Message = ((waiting ?? ended).Text("message") ?? "").Trim();
        ExitCode = ended.Int("exitCode");
        LastExitCode = last.Int("exitCode") ?? ExitCode;
        LastReason = last.Text("reason") ?? ended.Text("reason") ?? "";
        IsReady = status.Flag("ready") ?? false;
        Restarts = status.Int("restartCount") ?? 0;
        ImageId = status.Text("imageID") ?? "";
        HasStatus = status is not null;
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Its image, as asked for.</summary>
    public string Image { get; }

    /// <summary>Its image, as it was pulled; empty if it was not.</summary>
    public string ImageId { get; }

    /// <summary>Whether it only prepares the pod.</summary>
    public bool IsInit { get; }

    /// <summary>What it does.</summary>
    public ContainerState State { get; }

    /// <summary>Why it waits or ended, in one word, such as <c>CrashLoopBackOff</c>; may be empty.</summary>
    public string Reason { get; }

    /// <summary>Why it waits or ended; may be empty.</summary>
    public string Message { get; }

    /// <summary>The exit code if it ended; else null.</summary>
    public int? ExitCode { get; }

    /// <summary>The exit code of the last run that ended; null if none did.</summary>
    public int? LastExitCode { get; }

    /// <summary>Why the last run ended, such as <c>Error</c> or <c>OOMKilled</c>; empty if none did.</summary>
    public string LastReason { get; }

    /// <summary>Whether it is ready.</summary>
    public bool IsReady { get; }

    /// <summary>How often it was restarted.</summary>
    public int Restarts { get; }

    /// <summary>Whether a kubelet has told anything about it.</summary>
    internal bool HasStatus { get; }

    internal bool IsDone => State == ContainerState.Terminated && ExitCode == 0;
}
