using System.Net;
using System.Net.Sockets;

namespace CoordPS.Testing;

/// <summary>Ports for servers that must be told one.</summary>
public static class FreePort
{
    // Local ensembles choose theirs from 20000 on, and know nothing of what was given here and is not listened on at the moment.
    private const int First = 10000;
    private const int Last = 20000;

    private static readonly HashSet<int> Given = [];

    /// <summary>
    /// A port of the loopback address that nothing listens on, that was not given before in this process, and that the system gives to no
    /// connection: a server that is started again finds it free.
    /// </summary>
    public static int Next()
    {
        while (true)
        {
            int port = Random.Shared.Next(First, Last);
            lock (Given)
            {
                if (!Given.Add(port))
                    continue;
            }

            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException)
            {
                // Somebody has it.
            }
        }
    }
}
