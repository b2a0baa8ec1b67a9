using System.Net;
using System.Net.Sockets;

namespace CoordPS.Server.Hosting;

/// <summary>What surrounds a member: nothing for one in a process of its own, a gate to freeze it and a network to disturb for others.</summary>
internal sealed class MemberHost
{
    private readonly FaultNetwork? _network;
    private readonly long _member;

    /// <summary>A member in a process of its own.</summary>
    public static readonly MemberHost None = new();

    public MemberHost(FreezeGate gate, FaultNetwork? network, long member)
    {
        Gate = gate;
        _network = network;
        _member = member;
    }

    private MemberHost()
    {
    }

    public FreezeGate? Gate { get; }

    /// <summary>Takes a client's connection.</summary>
    public LinkSocket AcceptClient(Socket socket) => Gate is null ? new LinkSocket(socket)
        : new LinkSocket(socket, Gate, _network?.PathOf(FaultNetwork.Clients, _member), _network?.PathOf(_member, FaultNetwork.Clients));

    /// <summary>Takes another member's connection.</summary>
    public LinkSocket AcceptMember(Socket socket) => Gate is null ? new LinkSocket(socket)
        : new LinkSocket(socket, Gate, _network?.IncomingOf(socket, _member), null);

    /// <summary>Connects a socket with another member.</summary>
    /// <exception cref="SocketException">It can't be reached.</exception>
    public async Task<LinkSocket> ConnectAsync(Socket socket, long member, string host, int port, CancellationToken cancellationToken)
    {
        if (Gate is null || _network is null)
        {
            await socket.ConnectAsync(host, port, cancellationToken).ConfigureAwait(false);
            return Gate is null ? new LinkSocket(socket) : new LinkSocket(socket, Gate, null, null);
        }

        await Gate.PassAsync().ConfigureAwait(false);
        await _network.WhenConnectedAsync(_member, member, cancellationToken).ConfigureAwait(false);
        // Bound before it is connected, the socket is known to whoever accepts it.
        socket.Bind(new IPEndPoint(socket.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, 0));
        _network.Announce(socket, _member);
        await socket.ConnectAsync(host, port, cancellationToken).ConfigureAwait(false);
        return new LinkSocket(socket, Gate, _network.PathOf(member, _member), null);
    }
}
