using System.Text.Json.Nodes;

namespace CoordPS.Kubernetes;

/// <summary>An event: what happened to an object, as a controller or kubelet tells it.</summary>
public sealed class KubernetesEvent(JsonObject json) : KubernetesObject(json)
{
    /// <summary>Why, in one word: <c>FailedScheduling</c>.</summary>
    public string Reason => Json.Text("reason") ?? "";

    /// <summary>What happened.</summary>
    public string Message => (Json.Text("message") ?? "").Trim();

    /// <summary>Whether it is a warning.</summary>
    public bool IsWarning => Json.Text("type") == "Warning";

    /// <summary>How often it happened.</summary>
    public int Count => Json.Int("count") ?? Json.Object("series").Int("count") ?? 1;

    /// <summary>When it happened first.</summary>
    public DateTimeOffset FirstSeen => Json.Time("firstTimestamp") ?? Json.Time("eventTime") ?? CreationTimestamp ?? default;

    /// <summary>When it happened last.</summary>
    public DateTimeOffset LastSeen => Json.Time("lastTimestamp") ?? Json.Object("series").Time("lastObservedTime") ?? FirstSeen;

    /// <summary>Who tells it.</summary>
    public string Source => Json.Object("source").Text("component") is { Length: > 0 } component ? component : Json.Text("reportingComponent") ?? "";

    /// <summary>What it is about: kind and name.</summary>
    public string InvolvedObject => $"{Json.Object("involvedObject").Text("kind")}/{Json.Object("involvedObject").Text("name")}";

    /// <inheritdoc/>
    public override string ToString() => $"{Reason}: {Message}";
}
