using System.Net;
using System.Net.Sockets;

namespace CoordPS.Testing;

/// <summary>Ports for servers that must be told one.</summary>
public static class FreePort
{
    private static readonly HashSet<int> Given = [];

    /// <summary>A port of the loopback address that nothing listens on, and that was not given before in this process.</summary>
    public static int Next()
    {
        while (true)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            int port = ((IPEndPoint)socket.LocalEndPoint!).Port;
            lock (Given)
            {
                if (Given.Add(port))
                    return port;
            }
        }
    }
}
