namespace CoordPS.Containers;

/// <summary>A container as the engine described it just now.</summary>
public sealed record ContainerInfo
{
    /// <summary>Its id, 64 hexadecimal digits.</summary>
    public required string Id { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The image as it was named when the container was created.</summary>
    public required string Image { get; init; }

    /// <summary>The image's id.</summary>
    public required string ImageId { get; init; }

    /// <summary>What it does.</summary>
    public ContainerState State { get; init; }

    /// <summary>What its health check says; <see cref="ContainerHealth.None"/> without one.</summary>
    public ContainerHealth Health { get; init; }

    /// <summary>What the last health check wrote; null without one.</summary>
    public string? HealthOutput { get; init; }

    /// <summary>The exit code of its last run; null while it runs and before.</summary>
    public int? ExitCode { get; init; }

    /// <summary>Whether it was ended for want of memory.</summary>
    public bool OutOfMemory { get; init; }

    /// <summary>Why it could not start; null if it could.</summary>
    public string? Error { get; init; }

    /// <summary>Its process on the engine's machine; 0 when it does not run.</summary>
    public int ProcessId { get; init; }

    /// <summary>How often its restart policy started it again.</summary>
    public int RestartCount { get; init; }

    /// <summary>When it was created.</summary>
    public DateTimeOffset Created { get; init; }

    /// <summary>When it last started; null if never.</summary>
    public DateTimeOffset? Started { get; init; }

    /// <summary>When it last ended; null if it has not.</summary>
    public DateTimeOffset? Finished { get; init; }

    /// <summary>The program and its arguments.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>Environment variables, the image's among them.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    /// <summary>Labels, the image's among them.</summary>
    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    /// <summary>Its ports; those that are published have a <see cref="PortMapping.HostPort"/>.</summary>
    public required IReadOnlyList<PortMapping> Ports { get; init; }

    /// <summary>What is mounted.</summary>
    public required IReadOnlyList<VolumeMount> Volumes { get; init; }

    /// <summary>Its networks by name, each with its address there; empty where it has none.</summary>
    public required IReadOnlyDictionary<string, string> Networks { get; init; }

    /// <summary>The network it was created with, such as <c>host</c>.</summary>
    public string NetworkMode { get; init; } = "";

    /// <summary>Its restart policy: <c>no</c>, <c>always</c>, <c>unless-stopped</c>, <c>on-failure</c> or <c>on-failure:N</c>.</summary>
    public string RestartPolicy { get; init; } = "no";

    /// <summary>The most memory, in bytes; null for no limit.</summary>
    public long? Memory { get; init; }

    /// <summary>The most processor time, in processors; null for no limit.</summary>
    public double? Cpus { get; init; }

    /// <summary>Whether it has a terminal.</summary>
    public bool HasTty { get; init; }

    /// <summary>Whether it runs and its health check, if it has one, succeeds.</summary>
    public bool IsUp => State == ContainerState.Running && Health is ContainerHealth.None or ContainerHealth.Healthy;

    /// <inheritdoc/>
    public override string ToString() => Name;
}
