using System.Text.Json.Serialization;

namespace CoordPS.Containers;

/// <summary>What the Engine API says of containers, by its own names.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(CreateContainerJson))]
[JsonSerializable(typeof(CreatedContainerJson))]
[JsonSerializable(typeof(InspectContainerJson))]
[JsonSerializable(typeof(ListedContainerJson[]))]
[JsonSerializable(typeof(CreateVolumeJson))]
[JsonSerializable(typeof(VolumesJson))]
[JsonSerializable(typeof(EventJson))]
[JsonSerializable(typeof(SystemJson))]
internal sealed partial class ContainerJson : JsonSerializerContext;

internal sealed class CreateContainerJson
{
    public required string Image { get; init; }

    public IReadOnlyList<string>? Cmd { get; init; }

    public IReadOnlyList<string>? Entrypoint { get; init; }

    public string[]? Env { get; init; }

    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    public Dictionary<string, EmptyJson>? ExposedPorts { get; init; }

    public Dictionary<string, EmptyJson>? Volumes { get; init; }

    public string? User { get; init; }

    public string? WorkingDir { get; init; }

    public bool Tty { get; init; }

    public HealthCheckJson? Healthcheck { get; init; }

    public required HostConfigJson HostConfig { get; init; }

    public NetworkingJson? NetworkingConfig { get; init; }
}

internal sealed class EmptyJson;

internal sealed class HealthCheckJson
{
    public string[]? Test { get; init; }

    public long? Interval { get; init; }

    public long? Timeout { get; init; }

    public long? StartPeriod { get; init; }

    public int? Retries { get; init; }
}

internal sealed class HostConfigJson
{
    public string[]? Binds { get; init; }

    public Dictionary<string, PortBindingJson[]>? PortBindings { get; init; }

    public string? NetworkMode { get; init; }

    public RestartPolicyJson? RestartPolicy { get; init; }

    public long? Memory { get; init; }

    public long? NanoCpus { get; init; }
}

internal sealed class PortBindingJson
{
    public string? HostIp { get; init; }

    public string? HostPort { get; init; }
}

internal sealed class RestartPolicyJson
{
    public string? Name { get; init; }

    public int MaximumRetryCount { get; init; }
}

internal sealed class NetworkingJson
{
    public Dictionary<string, EndpointJson>? EndpointsConfig { get; init; }
}

internal sealed class EndpointJson
{
    public IReadOnlyList<string>? Aliases { get; init; }

    public string? IPAddress { get; init; }

    public string? GlobalIPv6Address { get; init; }
}

internal sealed class CreatedContainerJson
{
    public required string Id { get; init; }
}

internal sealed class ListedContainerJson
{
    public required string Id { get; init; }

    public string[]? Names { get; init; }
}

internal sealed class CreateVolumeJson
{
    public required string Name { get; init; }

    public IReadOnlyDictionary<string, string>? Labels { get; init; }
}

internal sealed class VolumesJson
{
    public VolumeJson[]? Volumes { get; init; }
}

internal sealed class VolumeJson
{
    public required string Name { get; init; }
}

internal sealed class InspectContainerJson
{
    public required string Id { get; init; }

    public required string Name { get; init; }

    public required string Image { get; init; }

    public DateTimeOffset Created { get; init; }

    public string? Path { get; init; }

    public string[]? Args { get; init; }

    public int RestartCount { get; init; }

    public required InspectStateJson State { get; init; }

    public required InspectConfigJson Config { get; init; }

    public HostConfigJson? HostConfig { get; init; }

    public MountJson[]? Mounts { get; init; }

    public NetworkSettingsJson? NetworkSettings { get; init; }
}

internal sealed class InspectStateJson
{
    public string? Status { get; init; }

    public int Pid { get; init; }

    public int ExitCode { get; init; }

    public bool OOMKilled { get; init; }

    public string? Error { get; init; }

    public DateTimeOffset StartedAt { get; init; }

    public DateTimeOffset FinishedAt { get; init; }

    public HealthJson? Health { get; init; }
}

internal sealed class HealthJson
{
    public string? Status { get; init; }

    public HealthLogJson[]? Log { get; init; }
}

internal sealed class HealthLogJson
{
    public string? Output { get; init; }
}

internal sealed class InspectConfigJson
{
    public string? Image { get; init; }

    public string[]? Env { get; init; }

    public Dictionary<string, string>? Labels { get; init; }

    public Dictionary<string, EmptyJson>? ExposedPorts { get; init; }

    public bool Tty { get; init; }
}

internal sealed class MountJson
{
    public string? Type { get; init; }

    public string? Name { get; init; }

    public string? Source { get; init; }

    public string? Destination { get; init; }

    public bool RW { get; init; }
}

internal sealed class NetworkSettingsJson
{
    public Dictionary<string, PortBindingJson[]?>? Ports { get; init; }

    public Dictionary<string, EndpointJson>? Networks { get; init; }
}

internal sealed class EventJson
{
    public string? Type { get; init; }

    public string? Action { get; init; }

    public ActorJson? Actor { get; init; }

    [JsonPropertyName("timeNano")]
    public long TimeNano { get; init; }
}

internal sealed class ActorJson
{
    [JsonPropertyName("ID")]
    public string? Id { get; init; }

    public Dictionary<string, string>? Attributes { get; init; }
}

internal sealed class SystemJson
{
    public DateTimeOffset SystemTime { get; init; }
}
