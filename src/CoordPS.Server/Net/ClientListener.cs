using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using CoordPS.Server.Admin;
using Microsoft.Extensions.Logging;

namespace CoordPS.Server;

/// <summary>Accepts clients, within the limits of connections by address and in all.</summary>
internal sealed class ClientListener : IDisposable
{
    private const int DefaultBacklog = 512;

    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(100);

    private readonly Socket _socket;
    private readonly ServerConfig _config;
    private readonly ConcurrentDictionary<IPAddress, int> _byAddress = new();
    private int _total;

    private ClientListener(Socket socket, ServerConfig config)
    {
        _socket = socket;
        _config = config;
        EndPoint = (IPEndPoint)socket.LocalEndPoint!;
    }

    public IPEndPoint EndPoint { get; }

    public static ClientListener Bind(ServerConfig config)
    {
        IPAddress address = config.ClientPortAddress is { } name ? Resolve(name)
            : Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any;
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (address.Equals(IPAddress.IPv6Any))
                socket.DualMode = true;
            // .NET lets a restart use the port at once by itself; its ReuseAddress would let two servers share the port.
            socket.Bind(new IPEndPoint(address, config.ClientPort));
            socket.Listen(config.ClientPortListenBacklog > 0 ? config.ClientPortListenBacklog : DefaultBacklog);
            return new ClientListener(socket, config);
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new SocketException((int)e.SocketErrorCode,
                $"Can't listen for clients on {new IPEndPoint(address, config.ClientPort)}: {e.Message}. Choose another clientPort, or stop what uses it.");
        }
    }

    public async Task RunAsync(Action<Socket> accepted, Counter rejected, ILogger logger, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            Socket socket;
            try
            {
                socket = await _socket.AcceptAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException e)
            {
                // Out of file descriptors, mostly: what frees one is not an event here, and trying at once would burn a processor.
                logger.LogWarning("Accepting a client failed: {Error} Trying again in {Delay} ms.", e.Message, RetryDelay.TotalMilliseconds);
                await Task.Delay(RetryDelay, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                continue;
            }

            if (socket.RemoteEndPoint is not IPEndPoint remote)
            {
                socket.Dispose();
                continue;
            }

            int count = _byAddress.AddOrUpdate(remote.Address, 1, static (_, n) => n + 1);
            int total = Interlocked.Increment(ref _total);
            if ((_config.MaxClientCnxns > 0 && count > _config.MaxClientCnxns) || (_config.MaxCnxns > 0 && total > _config.MaxCnxns))
            {
                rejected.Add();
                logger.LogWarning(
                    "Turning away {Remote}: {Count} connections of its address (maxClientCnxns {Limit}), {Total} in all (maxCnxns {TotalLimit}).",
                    remote, count, _config.MaxClientCnxns, total, _config.MaxCnxns);
                Left(remote.Address);
                socket.Dispose();
                continue;
            }

            try
            {
                socket.NoDelay = true;
                accepted(socket);
            }
            catch (SocketException e)
            {
                logger.LogDebug("{Remote} left at once: {Error}", remote, e.Message);
                Left(remote.Address);
                socket.Dispose();
            }
        }
    }

    /// <summary>A connection of an address has ended.</summary>
    public void Left(IPAddress address)
    {
        Interlocked.Decrement(ref _total);
        int left = _byAddress.AddOrUpdate(address, 0, static (_, n) => n - 1);
        if (left <= 0)
            _byAddress.TryRemove(KeyValuePair.Create(address, left));
    }

    public void Dispose() => _socket.Dispose();

    private static IPAddress Resolve(string name) =>
        IPAddress.TryParse(name, out IPAddress? address) ? address : Dns.GetHostAddresses(name)[0];
}
