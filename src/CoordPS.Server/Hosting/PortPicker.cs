using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace CoordPS.Server.Hosting;

/// <summary>
/// Chooses ports that nothing listens on. They lie below those that systems hand out to outgoing connections, one of which might take a
/// member's port while it is down.
/// </summary>
internal static class PortPicker
{
    private const int Lowest = 20000;
    private const int Highest = 32767;
    private const int Attempts = 4096;

    private static readonly HashSet<int> Given = [];

    /// <summary>A port that nothing listens on, and that this process has not given to another ensemble.</summary>
    /// <exception cref="LocalEnsembleException">There is none.</exception>
    public static int Next(string host)
    {
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            int port = RandomNumberGenerator.GetInt32(Lowest, Highest + 1);
            lock (Given)
            {
                if (!Given.Add(port))
                    continue;
            }

            if (IsFree(host, port))
                return port;
            Release(port);
        }

        throw new LocalEnsembleException(
            LocalEnsembleProblem.Address, $"No free port was found from {Lowest} to {Highest} on {host}.",
            "Stop what uses the ports or give others with -Port, -QuorumPort and -ElectionPort.");
    }

    public static void Release(int port)
    {
        lock (Given)
            Given.Remove(port);
    }

    /// <summary>Whether a server could listen on the port now.</summary>
    public static bool IsFree(string? host, int port)
    {
        IPAddress address = host is null ? IPAddress.Any : IPAddress.TryParse(host, out IPAddress? parsed) ? parsed : Dns.GetHostAddresses(host)[0];
        using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(address, port));
            socket.Listen(1);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
