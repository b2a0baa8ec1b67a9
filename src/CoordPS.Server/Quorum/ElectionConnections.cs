using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using CoordPS.Protocol;
using CoordPS.Zab;
using Microsoft.Extensions.Logging;

namespace CoordPS.Server.Quorum;

/// <summary>
/// The connections between election ports, one for each pair of members (Apache's <c>QuorumCnxManager</c>). Of two that dial each
/// other the connection of the one with the higher id stays: who is dialed by a lower id hangs up and dials itself. Notifications
/// may be lost; the last one for a member is kept until there is a connection to it.
/// </summary>
internal sealed class ElectionConnections : IAsyncDisposable
{
    private const long SingleAddress = -65536;
    private const long SeveralAddresses = -65535;
    private const int MaxAddress = 2048;

    /// <summary>How long a member with a higher id is given to dial back before it is dialed again.</summary>
    private const int DialBackMilliseconds = 500;

    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    private readonly long _id;
    private readonly ServerConfig _config;
    private readonly IReadOnlyList<EnsembleAddress> _own;
    private readonly Func<long, IReadOnlyList<EnsembleAddress>?> _addressesOf;
    private readonly Action<long, ElectionNotification> _received;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _lock = new();
    private readonly Dictionary<long, Remote> _remotes = [];
    private List<Socket> _listeners = [];
    private List<Task> _loops = [];
    private long _anonymous;

    public ElectionConnections(
        long id, IReadOnlyList<EnsembleAddress> own, ServerConfig config, Func<long, IReadOnlyList<EnsembleAddress>?> addressesOf,
        Action<long, ElectionNotification> received, ILogger logger)
    {
        _id = id;
        _own = own;
        _config = config;
        _addressesOf = addressesOf;
        _received = received;
        _logger = logger;
    }

    /// <summary>Opens the election port.</summary>
    /// <exception cref="SocketException">The port stayed in use for as often as <c>electionPortBindRetry</c> allows, or the address is wrong.</exception>
    public async Task BindAsync(CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                _listeners = QuorumSockets.Listen(_own, static a => a.ElectionPort, _config.QuorumListenOnAllIPs, "elections");
                return;
            }
            catch (SocketException e) when (_config.ElectionPortBindRetry == 0 || attempt < _config.ElectionPortBindRetry)
            {
                _logger.LogWarning("{Error} Attempt {Attempt} of {Limit}.", e.Message, attempt, _config.ElectionPortBindRetry);
                await Task.Delay(RetryDelay, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    public void Start() => _loops = [.. _listeners.Select(listener => AcceptAsync(listener, _stopping.Token))];

    /// <summary>Sends a notification, now or when there is a connection, unless a later one takes its place before.</summary>
    public void Send(long to, in ElectionNotification notification)
    {
        byte[] frame;
        using (var writer = new JuteWriter(512))
        {
            int start = writer.BeginFrame();
            notification.Write(writer);
            writer.EndFrame(start);
            frame = writer.WrittenSpan.ToArray();
        }

        lock (_lock)
        {
            Remote remote = RemoteOf(to);
            remote.Last = frame;
            if (remote.Link is { } link)
                link.Send(frame);
            else
                Dial(to, remote);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        _listeners.ForEach(static l => l.Dispose());
        lock (_lock)
        {
            foreach (Remote remote in _remotes.Values)
            {
                remote.Link?.Close();
                remote.Link = null;
            }
        }

        await Task.WhenAll(_loops).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
    }

    private Remote RemoteOf(long member)
    {
        if (!_remotes.TryGetValue(member, out Remote? remote))
            _remotes[member] = remote = new Remote();
        return remote;
    }

    private void Dial(long member, Remote remote)
    {
        if (remote.IsDialing || _stopping.IsCancellationRequested || Environment.TickCount64 < remote.DialAgainAt
            || (_addressesOf(member) ?? remote.Addresses) is not { } addresses)
            return;
        remote.IsDialing = true;
        _ = DialAsync(member, remote, addresses, _stopping.Token);
    }

    private async Task DialAsync(long member, Remote remote, IReadOnlyList<EnsembleAddress> addresses, CancellationToken cancellationToken)
    {
        // The caller holds the lock.
        await Task.Yield();
        Socket? socket = null;
        try
        {
            socket = await QuorumSockets.ConnectAsync(
                addresses, static a => a.ElectionPort, TimeSpan.FromMilliseconds(_config.CnxTimeout), cancellationToken).ConfigureAwait(false);
            await socket.SendAsync(Introduction(), SocketFlags.None, cancellationToken).ConfigureAwait(false);
            if (member > _id)
            {
                lock (_lock)
                    remote.DialAgainAt = Environment.TickCount64 + DialBackMilliseconds;
                socket.Shutdown(SocketShutdown.Send);
                socket.Dispose();
            }
            else
            {
                Establish(member, socket);
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            _logger.LogDebug("Member {Member} can't be reached for elections: {Error}", member, e.Message);
            socket?.Dispose();
        }
        finally
        {
            lock (_lock)
                remote.IsDialing = false;
        }
    }

    private byte[] Introduction()
    {
        // Apache's members understand several addresses only with multiAddress.enabled, without which they can't be configured.
        string text = string.Join('|', _own.Select(static a => $"{EnsembleMember.Bracket(a.Host)}:{a.ElectionPort}"));
        byte[] address = Encoding.UTF8.GetBytes(text);
        byte[] message = new byte[20 + address.Length];
        BinaryPrimitives.WriteInt64BigEndian(message, _own.Count > 1 ? SeveralAddresses : SingleAddress);
        BinaryPrimitives.WriteInt64BigEndian(message.AsSpan(8), _id);
        BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(16), address.Length);
        address.CopyTo(message, 20);
        return message;
    }

    private async Task AcceptAsync(Socket listener, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                Socket socket = await listener.AcceptAsync(cancellationToken).ConfigureAwait(false);
                _ = ReceiveIntroductionAsync(socket, cancellationToken);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException e)
            {
                _logger.LogWarning("Accepting a connection for elections failed: {Error}", e.Message);
                await Task.Delay(RetryDelay, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task ReceiveIntroductionAsync(Socket socket, CancellationToken cancellationToken)
    {
        try
        {
            socket.NoDelay = true;
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(_config.CnxTimeout);
            if (await ReadIntroductionAsync(socket, limit.Token).ConfigureAwait(false) is not { } introduction)
            {
                socket.Dispose();
                return;
            }

            (long member, List<EnsembleAddress> addresses) = introduction;
            if (member == _id)
            {
                _logger.LogError(
                    "{Remote} says that it is member {Member}, which is this one: two members have the same myid. Correct one of them.",
                    socket.RemoteEndPoint, member);
                socket.Dispose();
                return;
            }

            if (member > _id || member < 0)
            {
                if (addresses.Count > 0)
                {
                    lock (_lock)
                        RemoteOf(member).Addresses = addresses;
                }

                Establish(member, socket);
                return;
            }

            socket.Dispose();
            lock (_lock)
            {
                Remote remote = RemoteOf(member);
                if (addresses.Count > 0)
                    remote.Addresses = addresses;
                // It would not dial if it had a connection.
                remote.Link?.Close();
                remote.Link = null;
                Dial(member, remote);
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException or FormatException)
        {
            _logger.LogDebug("A connection for elections was given up: {Error}", e.Message);
            socket.Dispose();
        }
    }

    private async Task<(long Member, List<EnsembleAddress> Addresses)?> ReadIntroductionAsync(Socket socket, CancellationToken cancellationToken)
    {
        byte[] start = new byte[8];
        if (!await ElectionLink.FillAsync(socket, start, cancellationToken).ConfigureAwait(false))
            return null;
        long version = BinaryPrimitives.ReadInt64BigEndian(start);
        // Members before 3.5 begin with their id, at once.
        if (version >= 0)
            return (Known(version), []);
        byte[] rest = new byte[12];
        if (version is not (SingleAddress or SeveralAddresses) || !await ElectionLink.FillAsync(socket, rest, cancellationToken).ConfigureAwait(false))
            return null;
        long member = BinaryPrimitives.ReadInt64BigEndian(rest);
        int length = BinaryPrimitives.ReadInt32BigEndian(rest.AsSpan(8));
        if (length is <= 0 or > MaxAddress)
            return null;
        byte[] text = new byte[length];
        if (!await ElectionLink.FillAsync(socket, text, cancellationToken).ConfigureAwait(false))
            return null;
        var addresses = new List<EnsembleAddress>();
        foreach (string part in Encoding.UTF8.GetString(text).Split('|'))
        {
            int colon = part.LastIndexOf(':');
            if (colon > 0 && int.TryParse(part.AsSpan(colon + 1), out int port))
                addresses.Add(new EnsembleAddress(part[..colon].Trim('[', ']'), 0, port));
        }

        return (Known(member), addresses);
    }

    /// <summary>Observers without a configured id all give the largest there is; they are told apart by numbers below 0.</summary>
    private long Known(long member) => member == long.MaxValue ? Interlocked.Decrement(ref _anonymous) : member;

    private void Establish(long member, Socket socket)
    {
        var link = new ElectionLink(member, socket);
        lock (_lock)
        {
            Remote remote = RemoteOf(member);
            remote.Link?.Close();
            if (_stopping.IsCancellationRequested)
            {
                socket.Dispose();
                return;
            }

            remote.Link = link;
            remote.DialAgainAt = 0;
            // Whatever was sent before may have been lost with the last connection.
            if (remote.Last is { } last)
                link.Send(last);
        }

        _ = ReceiveAsync(link, _stopping.Token);
    }

    private async Task ReceiveAsync(ElectionLink link, CancellationToken cancellationToken)
    {
        try
        {
            await link.ReceiveAsync(_received, cancellationToken).ConfigureAwait(false);
        }
        catch (JuteException e)
        {
            _logger.LogWarning("Closing the connection for elections with member {Member}: {Reason}", link.Member, e.Message);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            _logger.LogDebug("The connection for elections with member {Member} ended: {Error}", link.Member, e.Message);
        }

        link.Close();
        lock (_lock)
        {
            Remote remote = RemoteOf(link.Member);
            if (ReferenceEquals(remote.Link, link))
                remote.Link = null;
        }
    }

    private sealed class Remote
    {
        public ElectionLink? Link;
        public byte[]? Last;
        public bool IsDialing;
        public long DialAgainAt;
        public IReadOnlyList<EnsembleAddress>? Addresses;
    }
}
