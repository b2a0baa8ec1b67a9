using System.Net;

namespace CoordPS.Client;

/// <summary>A server as a connection string names it.</summary>
/// <param name="Host">A host name or an IP address, without brackets.</param>
/// <param name="Port">The port for clients.</param>
public sealed record ServerName(string Host, int Port)
{
    /// <summary>The servers of a connection string, in its order; a chroot is left out.</summary>
    /// <exception cref="ArgumentException">It is no connection string; the message says why.</exception>
    public static IReadOnlyList<ServerName> ParseList(string connectionString) => ConnectionString.Parse(connectionString).Servers;

    /// <summary><c>host:port</c>, as a connection string has it.</summary>
    public override string ToString() => Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";

    /// <summary>Every address of the server.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">The name can't be resolved.</exception>
    internal async Task<IPEndPoint[]> ResolveAsync(Func<string, CancellationToken, Task<IPAddress[]>> resolver, CancellationToken ct)
    {
        if (IPAddress.TryParse(Host, out IPAddress? literal))
            return [new IPEndPoint(literal, Port)];
        IPAddress[] addresses = [.. (await resolver(Host, ct).ConfigureAwait(false)).Distinct()];
        if (addresses.Length == 0)
            throw new System.Net.Sockets.SocketException((int)System.Net.Sockets.SocketError.HostNotFound);
        return [.. addresses.Select(address => new IPEndPoint(address, Port))];
    }
}
