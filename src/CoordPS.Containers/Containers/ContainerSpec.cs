using System.Collections.Frozen;

namespace CoordPS.Containers;

/// <summary>A container as it is to be created.</summary>
public sealed record ContainerSpec
{
    /// <summary>The image: a reference or an id. The engine must have it.</summary>
    public required string Image { get; init; }

    /// <summary>Its name; null for one that the engine makes up.</summary>
    public string? Name { get; init; }

    /// <summary>The command, or the arguments of the image's entry point; empty for the image's.</summary>
    public IReadOnlyList<string> Command { get; init; } = [];

    /// <summary>The program in place of the image's entry point; empty for the image's.</summary>
    public IReadOnlyList<string> EntryPoint { get; init; } = [];

    /// <summary>Environment variables.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = FrozenDictionary<string, string>.Empty;

    /// <summary>Labels.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = FrozenDictionary<string, string>.Empty;

    /// <summary>Ports to publish.</summary>
    public IReadOnlyList<PortMapping> Ports { get; init; } = [];

    /// <summary>Volumes and folders to mount.</summary>
    public IReadOnlyList<VolumeMount> Volumes { get; init; } = [];

    /// <summary>The network: a name, <c>host</c>, <c>none</c> or <c>container:NAME</c>; null for the engine's default.</summary>
    public string? Network { get; init; }

    /// <summary>Names by which other containers of the network find it besides its own.</summary>
    public IReadOnlyList<string> NetworkAliases { get; init; } = [];

    /// <summary><c>no</c>, <c>always</c>, <c>unless-stopped</c>, <c>on-failure</c> or <c>on-failure:N</c>; null is <c>no</c>.</summary>
    public string? RestartPolicy { get; init; }

    /// <summary>The most memory, in bytes; null for no limit.</summary>
    public long? Memory { get; init; }

    /// <summary>The most processor time, in processors such as 0.5; null for no limit.</summary>
    public double? Cpus { get; init; }

    /// <summary>The user it runs as; null for the image's.</summary>
    public string? User { get; init; }

    /// <summary>The working directory; null for the image's.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>Whether it has a terminal: its two outputs are one then.</summary>
    public bool Tty { get; init; }

    /// <summary>The health check; null for the image's.</summary>
    public HealthCheck? Health { get; init; }
}
