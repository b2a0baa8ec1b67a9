using System.Net;
using System.Net.Sockets;

namespace CoordPS.Testing;

/// <summary>One or both ways through a <see cref="FaultProxy"/>.</summary>
[Flags]
public enum ProxyDirection
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>What clients send.</summary>
    ToServer = 1,

    /// <summary>What the server sends.</summary>
    ToClient = 2,

    /// <summary>Both ways.</summary>
    Both = 3,
}

/// <summary>A TCP proxy that forwards to a server until it is told to misbehave: to cut connections, hold bytes back, delay them, or refuse clients.</summary>
public sealed class FaultProxy : IAsyncDisposable
{
    private readonly IPEndPoint _target;
    private readonly IPAddress _address;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly HashSet<Pair> _pairs = [];
    private readonly List<Task> _tasks = [];
    private readonly List<(int Count, TaskCompletionSource Reached)> _waiters = [];
    private TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ProxyDirection _held;
    private Socket? _listener;
    private int _accepted;
    private long _bytesToServer;
    private long _bytesToClient;

    /// <summary>Starts to forward to a port of 127.0.0.1.</summary>
    /// <param name="targetPort">The server's port.</param>
    /// <param name="address">The address to listen on; null for 127.0.0.1.</param>
    public FaultProxy(int targetPort, IPAddress? address = null)
    {
        _target = new IPEndPoint(IPAddress.Loopback, targetPort);
        _address = address ?? IPAddress.Loopback;
        Listen();
    }

    /// <summary>The port it listens on.</summary>
    public int Port { get; private set; }

    /// <summary>Its address and port.</summary>
    public string ConnectionString => new IPEndPoint(_address, Port).ToString();

    /// <summary>How long each chunk of bytes is held up, either way.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>The number of connections accepted so far.</summary>
    public int Accepted => Volatile.Read(ref _accepted);

    /// <summary>The bytes forwarded to the server so far.</summary>
    public long BytesToServer => Interlocked.Read(ref _bytesToServer);

    /// <summary>The bytes forwarded to clients so far.</summary>
    public long BytesToClient => Interlocked.Read(ref _bytesToClient);

    /// <summary>Ends when so many connections have been accepted in all.</summary>
    public Task WhenAcceptedAsync(int count)
    {
        lock (_gate)
        {
            if (_accepted >= count)
                return Task.CompletedTask;
            var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiters.Add((count, reached));
            return reached.Task;
        }
    }

    /// <summary>Drops every connection there is; new ones are accepted.</summary>
    public void Cut()
    {
        Pair[] pairs;
        lock (_gate)
            pairs = [.. _pairs];
        foreach (Pair pair in pairs)
            pair.Close();
    }

    /// <summary>Holds back all bytes in the directions given, on present and new connections, until <see cref="Release"/>. They are kept, in order.</summary>
    public void Hold(ProxyDirection directions = ProxyDirection.Both)
    {
        lock (_gate)
            _held = directions;
    }

    /// <summary>Forwards everything again, what was held back first.</summary>
    public void Release()
    {
        lock (_gate)
        {
            _held = ProxyDirection.None;
            _released.SetResult();
            _released = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>Refuses new connections; present ones stay.</summary>
    public void Refuse()
    {
        Socket? listener;
        lock (_gate)
            (listener, _listener) = (_listener, null);
        listener?.Dispose();
    }

    /// <summary>Accepts connections again, on the same port.</summary>
    public void Accept()
    {
        if (_listener is null)
            Listen();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        Refuse();
        Cut();
        Task[] tasks;
        lock (_gate)
            tasks = [.. _tasks];
        await Task.WhenAll(tasks).ConfigureAwait(false);
        _stop.Dispose();
    }

    private void Listen()
    {
        var listener = new Socket(_address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        listener.Bind(new IPEndPoint(_address, Port));
        listener.Listen();
        Port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        lock (_gate)
        {
            _listener = listener;
            _tasks.Add(Task.Run(() => AcceptAsync(listener)));
        }
    }

    private async Task AcceptAsync(Socket listener)
    {
        while (true)
        {
            Socket client;
            try
            {
                client = await listener.AcceptAsync(_stop.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
            {
                return;
            }

            lock (_gate)
            {
                _accepted++;
                foreach ((int count, TaskCompletionSource reached) in _waiters)
                {
                    if (_accepted >= count)
                        reached.TrySetResult();
                }

                _tasks.RemoveAll(task => task.IsCompletedSuccessfully);
                _tasks.Add(ForwardAsync(client));
            }
        }
    }

    private async Task ForwardAsync(Socket client)
    {
        var server = new Socket(_target.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        client.NoDelay = true;
        var pair = new Pair(client, server);
        lock (_gate)
            _pairs.Add(pair);
        try
        {
            await server.ConnectAsync(_target, _stop.Token).ConfigureAwait(false);
            await Task.WhenAll(PumpAsync(pair, client, server, ProxyDirection.ToServer), PumpAsync(pair, server, client, ProxyDirection.ToClient)).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // Either end has gone, or the proxy has.
        }
        finally
        {
            pair.Close();
            lock (_gate)
                _pairs.Remove(pair);
        }
    }

    private async Task PumpAsync(Pair pair, Socket from, Socket to, ProxyDirection direction)
    {
        byte[] buffer = new byte[64 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer, SocketFlags.None, _stop.Token).ConfigureAwait(false) is > 0 and int received)
            {
                if (Delay > TimeSpan.Zero)
                    await Task.Delay(Delay, _stop.Token).ConfigureAwait(false);
                while (WhenReleased(direction) is { } released)
                {
                    if (await Task.WhenAny(released, pair.Closed).ConfigureAwait(false) == pair.Closed)
                        return;
                }

                for (int sent = 0; sent < received;)
                    sent += await to.SendAsync(buffer.AsMemory(sent, received - sent), SocketFlags.None, _stop.Token).ConfigureAwait(false);
                if (direction == ProxyDirection.ToServer)
                    Interlocked.Add(ref _bytesToServer, received);
                else
                    Interlocked.Add(ref _bytesToClient, received);
            }
        }
        finally
        {
            pair.Close();
        }
    }

    private Task? WhenReleased(ProxyDirection direction)
    {
        lock (_gate)
            return (_held & direction) != 0 ? _released.Task : null;
    }

    private sealed class Pair(Socket client, Socket server)
    {
        private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal Task Closed => _closed.Task;

        internal void Close()
        {
            client.Dispose();
            server.Dispose();
            _closed.TrySetResult();
        }
    }
}
