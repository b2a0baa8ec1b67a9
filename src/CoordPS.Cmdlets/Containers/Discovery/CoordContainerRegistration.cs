using CoordPS.Client.Recipes;
using CoordPS.Containers;

namespace CoordPS;

/// <summary>A change of what is registered for an engine's containers.</summary>
public sealed class CoordContainerRegistration
{
    internal CoordContainerRegistration(CoordContainerChange change, ServiceInstance instance, string container, string basePath, string reason)
    {
        Change = change;
        Instance = instance;
        Container = container;
        BasePath = basePath;
        Reason = reason;
    }

    /// <summary>When, in local time.</summary>
    public DateTimeOffset Time { get; } = DateTimeOffset.Now;

    /// <summary>What changed.</summary>
    public CoordContainerChange Change { get; }

    /// <summary>The service's name.</summary>
    public string Service => Instance.Name;

    /// <summary>The instance's id, which is the container's.</summary>
    public string Id => Instance.Id;

    /// <summary>The container's name.</summary>
    public string Container { get; }

    /// <summary>The address that is registered.</summary>
    public string? Address => Instance.Address;

    /// <summary>The port that is registered; null for none.</summary>
    public int? Port => Instance.Port;

    /// <summary>What it says of itself: the container's labels <c>coordps.meta.*</c>, and its name, image and health.</summary>
    public IReadOnlyDictionary<string, string> Metadata => Instance.Metadata;

    /// <summary>The registry's path.</summary>
    public string BasePath { get; }

    /// <summary>Why: how the container is, such as <c>healthy</c>, <c>unhealthy</c>, <c>exited (137)</c> or <c>removed</c>.</summary>
    public string Reason { get; }

    private ServiceInstance Instance { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Change} {Service}/{Container}: {Reason}";

    internal static string ReasonOf(ContainerInfo? container) => container switch
    {
        null => "removed",
        { State: ContainerState.Running, Health: ContainerHealth.None } => "running",
        { State: ContainerState.Running } => container.Health.ToString().ToLowerInvariant(),
        { ExitCode: { } code } => $"{container.State.ToString().ToLowerInvariant()} ({code})",
        _ => container.State.ToString().ToLowerInvariant(),
    };
}

/// <summary>What changed in a registry.</summary>
public enum CoordContainerChange
{
    /// <summary>An instance was registered.</summary>
    Registered,

    /// <summary>What an instance says of itself has changed.</summary>
    Updated,

    /// <summary>An instance was removed.</summary>
    Unregistered,
}
