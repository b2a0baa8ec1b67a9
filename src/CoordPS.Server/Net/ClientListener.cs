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

    private readonly Lock _lock = new();
    private readonly ServerConfig _config;
    private readonly ConcurrentDictionary<IPAddress, int> _byAddress = new();
    private Socket _socket;
    private IPEndPoint _endPoint;
    private bool _disposed;
    private int _total;

    private ClientListener(Socket socket, ServerConfig config)
    {
        _socket = socket;
        _config = config;
        _endPoint = (IPEndPoint)socket.LocalEndPoint!;
    }

    public IPEndPoint EndPoint => Volatile.Read(ref _endPoint);

    /// <summary>Listens where the settings say.</summary>
    /// <exception cref="SocketException">The port is in use or the address is not this machine's.</exception>
    public static ClientListener Bind(ServerConfig config)
    {
        IPAddress address = config.ClientPortAddress is { } name ? Resolve(name)
            : Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any;
        return new ClientListener(Open(new IPEndPoint(address, config.ClientPort), config), config);
    }

    /// <summary>Listens elsewhere from now on; false when that is where it listens.</summary>
    /// <exception cref="SocketException">The port is in use or the address is not this machine's; nothing has changed.</exception>
    public bool Rebind(string host, int port)
    {
        var wanted = new IPEndPoint(Resolve(host), port);
        lock (_lock)
        {
            IPEndPoint now = _endPoint;
            if (_disposed || now.Equals(wanted) || (now.Port == port && IsAny(now.Address) && IsAny(wanted.Address)))
                return false;
            Socket before = _socket;
            // A port can't be had on another address while this server has it.
            if (now.Port == port)
                before.Dispose();
            try
            {
                _socket = Open(wanted, _config);
            }
            catch (SocketException) when (now.Port == port)
            {
                _socket = Open(now, _config);
                throw;
            }

            Volatile.Write(ref _endPoint, (IPEndPoint)_socket.LocalEndPoint!);
            before.Dispose();
            return true;
        }
    }

    private static bool IsAny(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);

    private static Socket Open(IPEndPoint endPoint, ServerConfig config)
    {
        IPAddress address = endPoint.Address;
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (address.Equals(IPAddress.IPv6Any))
                socket.DualMode = true;
            // .NET lets a restart use the port at once by itself; its ReuseAddress would let two servers share the port.
            socket.Bind(endPoint);
            socket.Listen(config.ClientPortListenBacklog > 0 ? config.ClientPortListenBacklog : DefaultBacklog);
            return socket;
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new SocketException((int)e.SocketErrorCode,
                $"Can't listen for clients on {endPoint}: {e.Message}. Choose another clientPort, or stop what uses it.");
        }
    }

    public async Task RunAsync(Action<Socket> accepted, Counter rejected, ILogger logger, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            Socket socket;
            if (Current() is not { } listener)
                return;
            try
            {
                socket = await listener.AcceptAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception e) when (e is ObjectDisposedException or SocketException { SocketErrorCode: SocketError.OperationAborted })
            {
                // There is another one, or the server stops.
                continue;
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

    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            _socket.Dispose();
        }
    }

    private Socket? Current()
    {
        lock (_lock)
            return _disposed ? null : _socket;
    }

    private static IPAddress Resolve(string name) =>
        IPAddress.TryParse(name, out IPAddress? address) ? address : Dns.GetHostAddresses(name)[0];
}
