using System.Net;
using System.Net.Sockets;

namespace CoordPS.Client;

/// <summary>The servers in the order in which they are tried, round and round; names are resolved anew each time.</summary>
internal sealed class ServerRing
{
    private readonly ServerName[] _servers;
    private readonly bool _randomize;
    private readonly Func<string, CancellationToken, Task<IPAddress[]>> _resolver;
    private int _next;

    internal ServerRing(IReadOnlyList<ServerName> servers, bool randomize, Func<string, CancellationToken, Task<IPAddress[]>> resolver)
    {
        _resolver = resolver;
        _servers = [.. servers];
        _randomize = randomize;
        if (randomize)
            Random.Shared.Shuffle(_servers);
    }

    internal int Count => _servers.Length;

    /// <summary>The server to try next.</summary>
    internal ServerName Next()
    {
        ServerName server = _servers[_next];
        _next = (_next + 1) % _servers.Length;
        return server;
    }

    /// <summary>Every address of a server.</summary>
    /// <exception cref="SocketException">The name can't be resolved.</exception>
    internal async Task<IPEndPoint[]> ResolveAsync(ServerName server, CancellationToken ct)
    {
        IPEndPoint[] addresses = await server.ResolveAsync(_resolver, ct).ConfigureAwait(false);
        if (_randomize)
            Random.Shared.Shuffle(addresses);
        return addresses;
    }
}
