using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using CoordPS.Protocol;
using CoordPS.Server.Hosting;
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
    private readonly MemberHost _host;
    private volatile IReadOnlyList<EnsembleAddress> _own;
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
        long id, IReadOnlyList<EnsembleAddress> own, ServerConfig config, MemberHost host,
        Func<long, IReadOnlyList<EnsembleAddress>?> addressesOf, Action<long, ElectionNotification> received, ILogger logger)
    {
        _id = id;
        _own = own;
        _config = config;
        _host = host;
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

    public void Start()
    {
        lock (_lock)
            _loops = [.. _listeners.Select(listener => AcceptAsync(listener, _stopping.Token))];
    }

    /// <summary>Listens on other addresses from now on, or as soon as they can be had; until then on those before.</summary>
    public void Rebind(IReadOnlyList<EnsembleAddress> own)
    {
        IReadOnlyList<EnsembleAddress> before = _own;
        _own = own;
        if (before.Select(static a => (a.Host, a.ElectionPort)).SequenceEqual(own.Select(static a => (a.Host, a.ElectionPort))))
            return;
        lock (_lock)
        {
            // A port can't be had on another address while this member has it.
            if (before.Any(b => own.Any(o => o.ElectionPort == b.ElectionPort)))
            {
                _listeners.ForEach(static l => l.Dispose());
                _listeners = [];
            }

            _loops.RemoveAll(static loop => loop.IsCompleted);
            _loops.Add(Task.Run(() => RebindAsync(own, _stopping.Token)));
        }
    }

    /// <summary>Closes the connections to members, and forgets what was to be sent to them and where they were.</summary>
    public void Forget(IReadOnlyCollection<long> members)
    {
        lock (_lock)
        {
            foreach (long member in members)
            {
                if (_remotes.Remove(member, out Remote? remote))
                    remote.Link?.Close();
            }
        }
    }

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
        Task[] loops;
        lock (_lock)
        {
            loops = [.. _loops];
            _listeners.ForEach(static l => l.Dispose());
            foreach (Remote remote in _remotes.Values)
            {
                remote.Link?.Close();
                remote.Link = null;
            }
        }

        await Task.WhenAll(loops).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
    }

    private async Task RebindAsync(IReadOnlyList<EnsembleAddress> own, CancellationToken cancellationToken)
    {
        while (ReferenceEquals(_own, own))
        {
            try
            {
                List<Socket> listeners = QuorumSockets.Listen(own, static a => a.ElectionPort, _config.QuorumListenOnAllIPs, "elections");
                lock (_lock)
                {
                    if (cancellationToken.IsCancellationRequested || !ReferenceEquals(_own, own))
                    {
                        listeners.ForEach(static l => l.Dispose());
                        return;
                    }

                    // Their loops end with them.
                    _listeners.ForEach(static l => l.Dispose());
                    _listeners = listeners;
                    _loops.AddRange(listeners.Select(listener => AcceptAsync(listener, cancellationToken)));
                }

                _logger.LogInformation("Listening for elections on {Addresses}.", string.Join(", ", own));
                return;
            }
            catch (SocketException e)
            {
                _logger.LogError("{Error} Trying again in {Delay} s.", e.Message, RetryDelay.TotalSeconds);
                await Task.Delay(RetryDelay, cancellationToken).ConfigureAwait(false);
            }
        }
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
        LinkSocket? socket = null;
        try
        {
            socket = await QuorumSockets.ConnectAsync(
                _host, member, addresses, static a => a.ElectionPort, TimeSpan.FromMilliseconds(_config.CnxTimeout), cancellationToken).ConfigureAwait(false);
            await socket.SendAsync(Introduction(), cancellationToken).ConfigureAwait(false);
            if (member > _id)
            {
                lock (_lock)
                    remote.DialAgainAt = Environment.TickCount64 + DialBackMilliseconds;
                socket.Shutdown(SocketShutdown.Send);
                socket.Dispose();
            }
            else
            {
                NoteClaim(member, socket, [.. addresses.Where(a => a.ElectionPort == ((IPEndPoint)socket.RemoteEndPoint!).Port).Take(1)]);
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

    private static string Text(IReadOnlyList<EnsembleAddress> addresses) =>
        string.Join('|', addresses.Select(static a => $"{EnsembleMember.Bracket(a.Host)}:{a.ElectionPort}"));

    /// <summary>
    /// Notices when a second server says that it is a member whose connection stands: its own data would take part in the place of the
    /// member's.
    /// </summary>
    private void NoteClaim(long member, LinkSocket socket, IReadOnlyList<EnsembleAddress> addresses)
    {
        var claim = new Claim(((IPEndPoint)socket.RemoteEndPoint!).Address.ToString(), string.Join('|', addresses.Select(static a => a.ElectionPort)));
        lock (_lock)
        {
            Remote remote = RemoteOf(member);
            Claim? before = remote.Claim;
            if (before is null || before == claim || remote.Link is null)
            {
                remote.Claim = claim;
                return;
            }

            if (remote.Reported.Add(claim))
            {
                _logger.LogError(
                    "{Claim} says that it is member {Member}, and so does {Other}, whose connection stands: two servers run with the same myid, unless one has "
                    + "both addresses. Stop the one that is wrong and write its own number, that of its server line, into the file myid of its dataDir.",
                    claim, member, before);
            }

            remote.Claim = claim;
        }
    }

    private byte[] Introduction()
    {
        // Apache's members understand several addresses only with multiAddress.enabled, without which they can't be configured.
        IReadOnlyList<EnsembleAddress> own = _own;
        byte[] address = Encoding.UTF8.GetBytes(Text(own));
        byte[] message = new byte[20 + address.Length];
        BinaryPrimitives.WriteInt64BigEndian(message, own.Count > 1 ? SeveralAddresses : SingleAddress);
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
                _ = ReceiveIntroductionAsync(_host.AcceptMember(socket), cancellationToken);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.OperationAborted)
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

    private async Task ReceiveIntroductionAsync(LinkSocket socket, CancellationToken cancellationToken)
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
                    "{Remote} (election address {Address}) says that it is member {Member}, which is this one (election address {Own}): two servers run with "
                    + "the same myid. Stop the one that is wrong and write its own number, that of its server line, into the file myid of its dataDir.",
                    socket.RemoteEndPoint, Text(addresses), member, Text(_own));
                socket.Dispose();
                return;
            }

            NoteClaim(member, socket, addresses);

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

    private async Task<(long Member, List<EnsembleAddress> Addresses)?> ReadIntroductionAsync(LinkSocket socket, CancellationToken cancellationToken)
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

    private void Establish(long member, LinkSocket socket)
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
            if (_remotes.TryGetValue(link.Member, out Remote? remote) && ReferenceEquals(remote.Link, link))
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

        /// <summary>Who says that he is the member: where the last connection came from, and the address that it named.</summary>
        public Claim? Claim;

        public HashSet<Claim> Reported = [];
    }

    private sealed record Claim(string Host, string ElectionPort)
    {
        public override string ToString() => $"{EnsembleMember.Bracket(Host)} (election port {ElectionPort})";
    }
}
