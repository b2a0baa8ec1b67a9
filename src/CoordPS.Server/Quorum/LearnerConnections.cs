using System.Net;
using System.Net.Sockets;
using CoordPS.Server.Hosting;
using CoordPS.Zab;
using Microsoft.Extensions.Logging;

namespace CoordPS.Server.Quorum;

/// <summary>The connections between a leader and its learners: the quorum port while this member leads, or one to the leader.</summary>
internal sealed class LearnerConnections(
    QuorumPeer peer, ServerConfig config, MemberHost host, Func<long, IReadOnlyList<EnsembleAddress>?> addressesOf, ILogger logger) : IDisposable
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(100);

    private readonly Dictionary<long, LearnerConnection> _connections = [];
    private readonly Dictionary<long, CancellationTokenSource> _dialing = [];
    private readonly HashSet<LearnerConnection> _written = [];
    private List<Socket> _listeners = [];

    /// <summary>This member's addresses, from the next <see cref="Listen"/> on.</summary>
    public required IReadOnlyList<EnsembleAddress> Own { get; set; }

    /// <summary>Finds out at the start, rather than when this member is elected, that it could not listen.</summary>
    /// <exception cref="SocketException">The port is in use or the address is wrong.</exception>
    public void CheckPort() => QuorumSockets.Listen(Own, static a => a.QuorumPort, config.QuorumListenOnAllIPs, "learners").ForEach(static s => s.Dispose());

    /// <summary>Accepts learners.</summary>
    public void Listen()
    {
        StopListening();
        try
        {
            _listeners = QuorumSockets.Listen(Own, static a => a.QuorumPort, config.QuorumListenOnAllIPs, "learners");
        }
        catch (SocketException e)
        {
            // Without learners the leadership ends at initLimit, and another member may be elected.
            logger.LogError("{Error}", e.Message);
            return;
        }

        foreach (Socket listener in _listeners)
            _ = AcceptAsync(listener);
    }

    public void StopListening()
    {
        _listeners.ForEach(static l => l.Dispose());
        _listeners = [];
    }

    /// <summary>Takes a connection under the number that the core has given it, and receives from it.</summary>
    public void Add(long id, LinkSocket socket)
    {
        var connection = new LearnerConnection(id, socket, peer, config, logger);
        _connections[id] = connection;
        _ = connection.ReceiveAsync();
    }

    /// <summary>Connects to a member that leads.</summary>
    public void Dial(long id, long member)
    {
        var cancel = new CancellationTokenSource();
        _dialing[id] = cancel;
        _ = DialAsync(id, member, cancel.Token);
    }

    /// <summary>Takes the connection that a dial has opened; false when it is not wanted any more.</summary>
    public bool TryAddDialed(long id, LinkSocket socket)
    {
        if (!_dialing.Remove(id, out CancellationTokenSource? cancel))
        {
            socket.Dispose();
            return false;
        }

        cancel.Dispose();
        Add(id, socket);
        return true;
    }

    public void Send(in ZabSend send)
    {
        if (!_connections.TryGetValue(send.Connection, out LearnerConnection? connection))
            return;
        connection.Write(send.Packet);
        _written.Add(connection);
    }

    public void SendSnapshot(in ZabSend send, SnapshotSource snapshot)
    {
        if (!_connections.TryGetValue(send.Connection, out LearnerConnection? connection))
            return;
        connection.WriteSnapshot(send.Zxid, snapshot);
        _written.Add(connection);
    }

    /// <summary>Where a connection comes from; null when it is gone.</summary>
    public EndPoint? RemoteOf(long id) => _connections.GetValueOrDefault(id)?.Remote;

    /// <summary>Sends what was written to connections since the last call.</summary>
    public void Flush()
    {
        foreach (LearnerConnection connection in _written)
            connection.Flush();
        _written.Clear();
    }

    /// <summary>The connections by which something has come that was not received yet.</summary>
    public IEnumerable<long> WithUnread()
    {
        foreach (LearnerConnection connection in _connections.Values)
        {
            if (connection.HasUnread)
                yield return connection.Id;
        }
    }

    /// <summary>Closes a connection after what was written to it.</summary>
    public void Close(long id)
    {
        if (_dialing.Remove(id, out CancellationTokenSource? cancel))
        {
            cancel.Cancel();
            cancel.Dispose();
        }

        if (_connections.Remove(id, out LearnerConnection? connection))
            connection.CloseWhenSent();
    }

    /// <summary>Forgets a connection that has ended.</summary>
    public void Forget(long id)
    {
        _connections.Remove(id);
        if (_dialing.Remove(id, out CancellationTokenSource? cancel))
            cancel.Dispose();
    }

    public void Dispose()
    {
        StopListening();
        foreach (long id in _dialing.Keys.ToArray())
            Close(id);
        foreach (LearnerConnection connection in _connections.Values)
            connection.Close();
        _connections.Clear();
    }

    private async Task AcceptAsync(Socket listener)
    {
        while (true)
        {
            try
            {
                Socket socket = await listener.AcceptAsync().ConfigureAwait(false);
                LinkSocket accepted = host.AcceptMember(socket);
                if (!peer.Post(new PeerInput(PeerInputKind.Accepted, 0, accepted)))
                    accepted.Dispose();
            }
            catch (ObjectDisposedException)
            {
                return;
            }
            catch (SocketException e)
            {
                if (e.SocketErrorCode == SocketError.OperationAborted)
                    return;
                logger.LogWarning("Accepting a learner failed: {Error}", e.Message);
                await Task.Delay(RetryDelay).ConfigureAwait(false);
            }
        }
    }

    private async Task DialAsync(long id, long member, CancellationToken cancellationToken)
    {
        LinkSocket? socket = null;
        try
        {
            IReadOnlyList<EnsembleAddress> addresses = addressesOf(member)
                ?? throw new SocketException((int)SocketError.HostNotFound, $"Member {member} is in no configuration.");
            int limit = config.ConnectToLearnerMasterLimit > 0 ? config.ConnectToLearnerMasterLimit : config.InitLimit;
            socket = await QuorumSockets.ConnectAsync(
                host, member, addresses, static a => a.QuorumPort, TimeSpan.FromMilliseconds((double)config.TickTime * limit), cancellationToken).ConfigureAwait(false);
            if (peer.Post(new PeerInput(PeerInputKind.Dialed, id, socket)))
                return;
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            logger.LogDebug("Member {Member}, the leader, can't be reached: {Error}", member, e.Message);
            peer.Post(new PeerInput(PeerInputKind.Closed, id));
        }

        socket?.Dispose();
    }
}
