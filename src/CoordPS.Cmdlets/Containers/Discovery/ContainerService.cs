using System.Globalization;
using CoordPS.Client.Recipes;
using CoordPS.Containers;

namespace CoordPS.Cmdlets;

/// <summary>What a container's labels say of the service that it is an instance of.</summary>
internal static class ContainerService
{
    public const string NameLabel = "coordps.service";
    public const string PortLabel = "coordps.port";
    public const string AddressLabel = "coordps.address";
    public const string MetadataPrefix = "coordps.meta.";

    private const string HostNetwork = "host";

    /// <summary>The instance that a container is; null when it carries no label of a service. Its id is the container's.</summary>
    /// <param name="container">The container.</param>
    /// <param name="hostAddress">The address of the engine's machine, at which its network and published ports are.</param>
    /// <exception cref="FormatException">A label makes no sense.</exception>
    public static ServiceInstance? Of(ContainerInfo container, string hostAddress)
    {
        if (container.Labels.GetValueOrDefault(NameLabel) is not { Length: > 0 } name)
            return null;
        if (name.Contains('/', StringComparison.Ordinal) || Protocol.ZPath.Check($"/{name}") is not null)
            throw new FormatException($"its label {NameLabel}={name} can't be the name of a service");
        int? inside = PortOf(container);
        PortMapping? published = container.Ports.FirstOrDefault(port => port.ContainerPort == inside && port.HostPort is not null && port.Protocol == "tcp");
        (string address, int? port) = container.NetworkMode == HostNetwork ? (hostAddress, inside)
            : published is not null ? (published.HostAddress ?? hostAddress, published.HostPort)
            : (container.Networks.Values.FirstOrDefault(static a => a.Length > 0) ?? hostAddress, inside);
        return new ServiceInstance
        {
            Name = name,
            Id = container.Id,
            Address = container.Labels.GetValueOrDefault(AddressLabel) is { Length: > 0 } given ? given : address,
            Port = port,
            RegistrationTime = container.Started ?? container.Created,
            Payload = ServiceInstance.ToPayload(Metadata(container)),
        };
    }

    private static IEnumerable<KeyValuePair<string, string>> Metadata(ContainerInfo container) => container.Labels
        .Where(static label => label.Key.StartsWith(MetadataPrefix, StringComparison.Ordinal) && label.Key.Length > MetadataPrefix.Length)
        .Select(static label => KeyValuePair.Create(label.Key[MetadataPrefix.Length..], label.Value))
        .Concat([KeyValuePair.Create("container", container.Name), KeyValuePair.Create("image", container.Image), KeyValuePair.Create("health", container.Health.ToString().ToLowerInvariant())])
        .DistinctBy(static entry => entry.Key)
        .OrderBy(static entry => entry.Key, StringComparer.Ordinal);

    /// <summary>The port that a label names, or the only one that the container has.</summary>
    private static int? PortOf(ContainerInfo container)
    {
        if (container.Labels.GetValueOrDefault(PortLabel) is { Length: > 0 } text)
        {
            return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port is > 0 and <= 65535 ? port
                : throw new FormatException($"its label {PortLabel}={text} is no port");
        }

        int[] ports = [.. container.Ports.Where(static p => p.Protocol == "tcp").Select(static p => p.ContainerPort).Distinct()];
        return ports is [var only] ? only : null;
    }
}
