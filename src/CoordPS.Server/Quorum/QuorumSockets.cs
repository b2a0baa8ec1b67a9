using System.Net;
using System.Net.Sockets;
using CoordPS.Server.Hosting;
using CoordPS.Zab;

namespace CoordPS.Server.Quorum;

/// <summary>Opens the sockets by which members reach each other.</summary>
internal static class QuorumSockets
{
    private const int Backlog = 64;

    /// <summary>Listens on a member's own addresses.</summary>
    /// <param name="addresses">The member's addresses.</param>
    /// <param name="port">Which port of an address.</param>
    /// <param name="onAllAddresses">Whether to listen on all of the machine's addresses instead (<c>quorumListenOnAllIPs</c>).</param>
    /// <param name="purpose">What for, in errors.</param>
    /// <exception cref="SocketException">A port is in use, or an address is not this machine's; the message says which.</exception>
    public static List<Socket> Listen(
        IReadOnlyList<EnsembleAddress> addresses, Func<EnsembleAddress, int> port, bool onAllAddresses, string purpose)
    {
        var sockets = new List<Socket>();
        try
        {
            foreach (EnsembleAddress address in addresses)
                sockets.Add(Listen(onAllAddresses ? null : address.Host, port(address), purpose));
            return sockets;
        }
        catch
        {
            sockets.ForEach(static s => s.Dispose());
            throw;
        }
    }

    /// <summary>Connects to the first of a member's addresses that answers.</summary>
    /// <exception cref="SocketException">None does.</exception>
    /// <exception cref="OperationCanceledException">It took too long, or was cancelled.</exception>
    public static async Task<LinkSocket> ConnectAsync(
        MemberHost host, long member, IReadOnlyList<EnsembleAddress> addresses, Func<EnsembleAddress, int> port, TimeSpan timeout,
        CancellationToken cancellationToken)
    {
        for (int i = 0; ; i++)
        {
            // Host names are looked up each time: a member may have moved.
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(timeout);
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                LinkSocket connected = await host.ConnectAsync(socket, member, addresses[i].Host, port(addresses[i]), limit.Token).ConfigureAwait(false);
                // Where nobody listens on a port that the system may hand out, it can connect to itself.
                if (Equals(socket.LocalEndPoint, socket.RemoteEndPoint))
                    throw new SocketException((int)SocketError.ConnectionRefused);
                return connected;
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException
                && i + 1 < addresses.Count && !cancellationToken.IsCancellationRequested)
            {
                socket.Dispose();
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }
    }

    private static Socket Listen(string? host, int port, string purpose)
    {
        IPAddress address;
        try
        {
            address = host is null ? Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any
                : IPAddress.TryParse(host, out IPAddress? parsed) ? parsed
                : Dns.GetHostAddresses(host)[0];
        }
        catch (SocketException e)
        {
            throw new SocketException((int)e.SocketErrorCode, $"Can't listen for {purpose} on {host}:{port}: {e.Message}. Correct this member's server line.");
        }

        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (address.Equals(IPAddress.IPv6Any))
                socket.DualMode = true;
            // .NET lets a restart use the port at once by itself; its ReuseAddress would let two members share the port.
            socket.Bind(new IPEndPoint(address, port));
            socket.Listen(Backlog);
            return socket;
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new SocketException((int)e.SocketErrorCode,
                $"Can't listen for {purpose} on {new IPEndPoint(address, port)}: {e.Message}. "
                + "Check that this member's myid and server line are right and that it does not run already.");
        }
    }
}
