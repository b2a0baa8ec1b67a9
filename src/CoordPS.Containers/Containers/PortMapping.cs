using System.Globalization;

namespace CoordPS.Containers;

/// <summary>A container's port, and where the engine's machine publishes it.</summary>
/// <param name="ContainerPort">The port in the container.</param>
/// <param name="HostPort">The port of the machine; null when it is not published, 0 when a free one is wanted.</param>
/// <param name="HostAddress">The address of the machine; null for all.</param>
/// <param name="Protocol"><c>tcp</c>, <c>udp</c> or <c>sctp</c>.</param>
public sealed record PortMapping(int ContainerPort, int? HostPort = null, string? HostAddress = null, string Protocol = "tcp")
{
    /// <summary>The port as the engine names it: <c>80/tcp</c>.</summary>
    internal string Key => string.Create(CultureInfo.InvariantCulture, $"{ContainerPort}/{Protocol}");

    /// <summary>Reads <c>[[ADDRESS:]HOSTPORT:]PORT[/PROTOCOL]</c>, as the docker command's <c>--publish</c>: <c>8080:80</c>, <c>127.0.0.1:8080:80</c>, <c>80</c> for a free port.</summary>
    /// <exception cref="FormatException">It is something else.</exception>
    public static PortMapping Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] parts = text.Split('/');
        string ports = parts[0], protocol = parts.Length == 2 ? parts[1].ToLowerInvariant() : "tcp";
        int last = ports.LastIndexOf(':');
        string container = ports[(last + 1)..], rest = last < 0 ? "" : ports[..last];
        int middle = rest.LastIndexOf(':');
        string host = last < 0 ? "0" : rest[(middle + 1)..];
        string? address = middle < 0 ? null : rest[..middle].Trim('[', ']');
        if (parts.Length > 2 || protocol is not ("tcp" or "udp" or "sctp") || Port(container) is not (> 0 and var inside) || Port(host.Length == 0 ? "0" : host) is not { } outside
            || (address is not null && !System.Net.IPAddress.TryParse(address, out _)))
        {
            throw new FormatException($"'{text}' is no port: write 8080:80, 127.0.0.1:8080:80/tcp, or 80 for a free port of the machine.");
        }

        return new PortMapping(inside, outside, address, protocol);

        static int? Port(string part) => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port <= 65535 ? port : null;
    }

    /// <inheritdoc/>
    public override string ToString() => HostPort is not { } port ? Key
        : $"{(HostAddress is null ? "" : HostAddress.Contains(':', StringComparison.Ordinal) ? $"[{HostAddress}]:" : HostAddress + ":")}{port.ToString(CultureInfo.InvariantCulture)}->{Key}";
}
