using CoordPS.Kubernetes;

namespace CoordPS;

/// <summary>A pod. It binds to <c>Get-CoordPodLog</c>.</summary>
public sealed class CoordPod
{
    internal CoordPod(Pod pod, string? context, string? kubeConfig)
    {
        Name = pod.Name;
        Namespace = pod.Namespace ?? "";
        Context = context;
        KubeConfig = kubeConfig;
        Created = (pod.CreationTimestamp ?? default).ToLocalTime();
        Node = pod.NodeName;
        Address = pod.PodIP;
        Labels = pod.Labels;
        Owner = pod.Controller?.ToString();
        PodContainer[] containers = [.. pod.Containers.Where(static one => !one.IsInit)];
        Container = [.. containers.Select(static one => one.Name)];
        Image = string.Join(", ", containers.Select(static one => one.Image));
        ReadyCount = containers.Count(static one => one.IsReady);
        Restarts = pod.Restarts;
        Status = pod.StatusText;
        Message = pod.Containers.Select(static one => one.Message).FirstOrDefault(static text => text.Length > 0)
            ?? pod.Conditions.FirstOrDefault(static one => one is { Type: "PodScheduled", Status: "False" })?.Message;
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Its namespace.</summary>
    public string Namespace { get; }

    /// <summary>How many of its containers are ready, and how many there are: <c>1/2</c>.</summary>
    public string Ready => $"{ReadyCount}/{Container.Count}";

    /// <summary>Whether all of its containers are.</summary>
    public bool IsReady => ReadyCount == Container.Count && Container.Count > 0;

    /// <summary>How it is: its phase, or the reason that one of its containers does not run, such as <c>CrashLoopBackOff</c>.</summary>
    public string Status { get; }

    /// <summary>What is known of that reason; null for none.</summary>
    public string? Message { get; }

    /// <summary>How often its containers were started again.</summary>
    public int Restarts { get; }

    /// <summary>How long it has been there, by the clocks of server and client.</summary>
    public TimeSpan Age => DateTimeOffset.Now - Created;

    /// <summary>Since when.</summary>
    public DateTimeOffset Created { get; }

    /// <summary>The node it is on; null when it has none yet.</summary>
    public string? Node { get; }

    /// <summary>Its address; null when it has none yet.</summary>
    public string? Address { get; }

    /// <summary>The names of its containers.</summary>
    public IReadOnlyList<string> Container { get; }

    /// <summary>The images of its containers, parted by commas.</summary>
    public string Image { get; }

    /// <summary>What controls it, such as <c>ReplicaSet/web-5d9c</c>; null for nothing.</summary>
    public string? Owner { get; }

    /// <summary>Its labels.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; }

    /// <summary>The context that it was read in; null in a pod.</summary>
    public string? Context { get; }

    /// <summary>The kubeconfig; null for the usual one.</summary>
    public string? KubeConfig { get; }

    private int ReadyCount { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Namespace}/{Name} ({Status})";
}
