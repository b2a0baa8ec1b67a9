using System.Globalization;

namespace CoordPS.Containers;

/// <summary>Containers as the Engine API has them, to and from containers as this library has them.</summary>
internal static class ContainerMapping
{
    public static CreateContainerJson ToJson(ContainerSpec spec) => new()
    {
        Image = spec.Image,
        Cmd = spec.Command.Count > 0 ? spec.Command : null,
        Entrypoint = spec.EntryPoint.Count > 0 ? spec.EntryPoint : null,
        Env = spec.Environment.Count > 0 ? [.. spec.Environment.Select(static e => $"{e.Key}={e.Value}")] : null,
        Labels = spec.Labels.Count > 0 ? spec.Labels : null,
        ExposedPorts = spec.Ports.Count > 0 ? spec.Ports.DistinctBy(static p => p.Key).ToDictionary(static p => p.Key, static _ => new EmptyJson()) : null,
        // A volume without a name is one of the container's own; the others are bound.
        Volumes = spec.Volumes.Any(static v => v.Source.Length == 0)
            ? spec.Volumes.Where(static v => v.Source.Length == 0).ToDictionary(static v => v.Target, static _ => new EmptyJson()) : null,
        User = spec.User,
        WorkingDir = spec.WorkingDirectory,
        Tty = spec.Tty,
        Healthcheck = spec.Health is null ? null : ToJson(spec.Health),
        HostConfig = new HostConfigJson
        {
            Binds = spec.Volumes.Any(static v => v.Source.Length > 0) ? [.. spec.Volumes.Where(static v => v.Source.Length > 0).Select(static v => v.ToString())] : null,
            PortBindings = spec.Ports.Any(static p => p.HostPort is not null)
                ? spec.Ports.Where(static p => p.HostPort is not null).GroupBy(static p => p.Key).ToDictionary(static g => g.Key, static g => g.Select(ToBinding).ToArray()) : null,
            NetworkMode = spec.Network,
            RestartPolicy = spec.RestartPolicy is null ? null : ToPolicy(spec.RestartPolicy),
            Memory = spec.Memory,
            NanoCpus = spec.Cpus is { } cpus ? (long)(cpus * 1e9) : null,
        },
        NetworkingConfig = spec is { Network: { } network, NetworkAliases.Count: > 0 }
            ? new NetworkingJson { EndpointsConfig = new() { [network] = new EndpointJson { Aliases = spec.NetworkAliases } } } : null,
    };

    public static ContainerInfo FromJson(InspectContainerJson json) => new()
    {
        Id = json.Id,
        Name = json.Name.TrimStart('/'),
        Image = json.Config.Image ?? json.Image,
        ImageId = json.Image,
        State = Enum.TryParse(json.State.Status, ignoreCase: true, out ContainerState state) ? state : ContainerState.Dead,
        Health = Enum.TryParse(json.State.Health?.Status, ignoreCase: true, out ContainerHealth health) ? health : ContainerHealth.None,
        HealthOutput = json.State.Health?.Log is [.., var last] ? last.Output?.Trim() : null,
        ExitCode = json.State.Status is "exited" or "dead" or "restarting" ? json.State.ExitCode : null,
        OutOfMemory = json.State.OOMKilled,
        Error = json.State.Error is { Length: > 0 } error ? error : null,
        ProcessId = json.State.Pid,
        RestartCount = json.RestartCount,
        Created = json.Created,
        Started = Moment(json.State.StartedAt),
        Finished = Moment(json.State.FinishedAt),
        Command = [json.Path ?? "", .. json.Args ?? []],
        Environment = (json.Config.Env ?? []).Select(static e => e.Split('=', 2)).DistinctBy(static e => e[0]).ToDictionary(static e => e[0], static e => e.Length > 1 ? e[1] : ""),
        Labels = json.Config.Labels ?? [],
        Ports = [.. Ports(json)],
        Volumes = [.. (json.Mounts ?? []).Select(static m => new VolumeMount((m.Type == "volume" ? m.Name : m.Source) ?? "", m.Destination ?? "", !m.RW))],
        Networks = (json.NetworkSettings?.Networks ?? []).ToDictionary(
            static n => n.Key, static n => n.Value.IPAddress is { Length: > 0 } address ? address : n.Value.GlobalIPv6Address ?? ""),
        NetworkMode = json.HostConfig?.NetworkMode ?? "",
        RestartPolicy = json.HostConfig?.RestartPolicy is { Name.Length: > 0 } policy
            ? policy.MaximumRetryCount > 0 ? string.Create(CultureInfo.InvariantCulture, $"{policy.Name}:{policy.MaximumRetryCount}") : policy.Name! : "no",
        Memory = json.HostConfig?.Memory is > 0 and var memory ? memory : null,
        Cpus = json.HostConfig?.NanoCpus is > 0 and var cpus ? cpus / 1e9 : null,
        HasTty = json.Config.Tty,
    };

    public static EngineEvent FromJson(EventJson json)
    {
        string action = json.Action ?? "";
        int colon = action.IndexOf(": ", StringComparison.Ordinal);
        return new EngineEvent
        {
            Type = json.Type ?? "",
            Action = colon < 0 ? action : action[..colon],
            Detail = colon < 0 ? null : action[(colon + 2)..],
            Id = json.Actor?.Id ?? "",
            TimeNanoseconds = json.TimeNano,
            Attributes = json.Actor?.Attributes ?? [],
        };
    }

    /// <exception cref="FormatException">It is no restart policy.</exception>
    public static RestartPolicyJson ToPolicy(string text)
    {
        string[] parts = text.Split(':', 2);
        int count = 0;
        return parts[0] is "no" or "always" or "unless-stopped" or "on-failure"
            && (parts.Length == 1 || (parts[0] == "on-failure" && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out count)))
            ? new RestartPolicyJson { Name = parts[0], MaximumRetryCount = count }
            : throw new FormatException($"'{text}' is no restart policy: write no, always, unless-stopped, on-failure or on-failure:N.");
    }

    private static HealthCheckJson ToJson(HealthCheck health) => new()
    {
        Test = health.Command switch
        {
            null => null,
            [] => ["NONE"],
            [var one] => ["CMD-SHELL", one],
            _ => ["CMD", .. health.Command],
        },
        Interval = Nanoseconds(health.Interval),
        Timeout = Nanoseconds(health.Timeout),
        StartPeriod = Nanoseconds(health.StartPeriod),
        Retries = health.Retries,
    };

    private static long? Nanoseconds(TimeSpan? time) => time?.Ticks * 100;

    private static PortBindingJson ToBinding(PortMapping port) => new()
    {
        HostIp = port.HostAddress,
        HostPort = port.HostPort is > 0 and var number ? number.ToString(CultureInfo.InvariantCulture) : "",
    };

    private static IEnumerable<PortMapping> Ports(InspectContainerJson json)
    {
        // A container that does not run has no port of the machine, and says only what it exposes.
        Dictionary<string, PortBindingJson[]?> ports = json.NetworkSettings?.Ports ?? [];
        foreach (string exposed in json.Config.ExposedPorts?.Keys ?? Enumerable.Empty<string>())
            ports.TryAdd(exposed, null);
        foreach ((string key, PortBindingJson[]? bindings) in ports.OrderBy(static p => p.Key, StringComparer.Ordinal))
        {
            string[] parts = key.Split('/');
            // A range of exposed ports, of the builder's making.
            if (!int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int inside))
                continue;
            string protocol = parts.Length > 1 ? parts[1] : "tcp";
            if (bindings is not { Length: > 0 })
                yield return new PortMapping(inside, null, null, protocol);
            foreach (PortBindingJson binding in bindings ?? [])
            {
                yield return new PortMapping(
                    inside, int.TryParse(binding.HostPort, NumberStyles.None, CultureInfo.InvariantCulture, out int outside) ? outside : null,
                    binding.HostIp is "" or "0.0.0.0" or "::" ? null : binding.HostIp, protocol);
            }
        }
    }

    /// <summary>The engine's year 1 is never.</summary>
    private static DateTimeOffset? Moment(DateTimeOffset time) => time.Year > 1 ? time : null;
}
