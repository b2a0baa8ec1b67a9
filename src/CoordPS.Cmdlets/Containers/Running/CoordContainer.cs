using System.Collections;
using CoordPS.Containers;

namespace CoordPS;

/// <summary>A container as its engine described it. Pipe it to the cmdlets that take containers.</summary>
public sealed class CoordContainer
{
    internal CoordContainer(ContainerInfo info, DockerEndpoint endpoint)
    {
        Info = info;
        DockerHost = endpoint.Context is null ? endpoint.ToString() : null;
        DockerContext = endpoint.Context;
        Labels = Sorted(info.Labels);
        Environment = Sorted(info.Environment);
        Networks = Sorted(info.Networks);
    }

    /// <summary>Its name.</summary>
    public string Name => Info.Name;

    /// <summary>Its id, 64 hexadecimal digits.</summary>
    public string Id => Info.Id;

    /// <summary>The image as it was named when the container was created.</summary>
    public string Image => Info.Image;

    /// <summary>The image's id.</summary>
    public string ImageId => Info.ImageId;

    /// <summary>What it does.</summary>
    public ContainerState State => Info.State;

    /// <summary>What its health check says.</summary>
    public ContainerHealth Health => Info.Health;

    /// <summary>What the last health check wrote; null without one.</summary>
    public string? HealthOutput => Info.HealthOutput;

    /// <summary>The exit code of its last run; null while it runs and before.</summary>
    public int? ExitCode => Info.ExitCode;

    /// <summary>Whether it was ended for want of memory.</summary>
    public bool OutOfMemory => Info.OutOfMemory;

    /// <summary>Why it could not start; null if it could.</summary>
    public string? Error => Info.Error;

    /// <summary>Its process on the engine's machine; 0 when it does not run.</summary>
    public int ProcessId => Info.ProcessId;

    /// <summary>How often its restart policy started it again.</summary>
    public int RestartCount => Info.RestartCount;

    /// <summary>When it was created, in local time.</summary>
    public DateTimeOffset Created => Info.Created.ToLocalTime();

    /// <summary>When it last started, in local time; null if never.</summary>
    public DateTimeOffset? Started => Info.Started?.ToLocalTime();

    /// <summary>When it last ended, in local time; null if it has not.</summary>
    public DateTimeOffset? Finished => Info.Finished?.ToLocalTime();

    /// <summary>The program and its arguments.</summary>
    public IReadOnlyList<string> Command => Info.Command;

    /// <summary>Environment variables, the image's among them.</summary>
    public IDictionary Environment { get; }

    /// <summary>Labels, the image's among them.</summary>
    public IDictionary Labels { get; }

    /// <summary>Its ports, with those of the machine that they are published at.</summary>
    public IReadOnlyList<PortMapping> Ports => Info.Ports;

    /// <summary>What is mounted.</summary>
    public IReadOnlyList<VolumeMount> Volumes => Info.Volumes;

    /// <summary>Its networks by name, each with its address there.</summary>
    public IDictionary Networks { get; }

    /// <summary>Its restart policy.</summary>
    public string RestartPolicy => Info.RestartPolicy;

    /// <summary>The most memory, in bytes; null for no limit.</summary>
    public long? Memory => Info.Memory;

    /// <summary>The most processor time, in processors; null for no limit.</summary>
    public double? Cpu => Info.Cpus;

    /// <summary>Whether it has a terminal.</summary>
    public bool HasTty => Info.HasTty;

    /// <summary>The address of its engine; null when a context names that.</summary>
    public string? DockerHost { get; }

    /// <summary>The docker context that names its engine; null when there is none.</summary>
    public string? DockerContext { get; }

    internal ContainerInfo Info { get; }

    /// <inheritdoc/>
    public override string ToString() => Name;

    private static SortedList Sorted(IReadOnlyDictionary<string, string> values)
    {
        var sorted = new SortedList(StringComparer.Ordinal);
        foreach ((string key, string value) in values)
            sorted.Add(key, value);
        return sorted;
    }
}
