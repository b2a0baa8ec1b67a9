using System.Net;
using System.Net.Sockets;
using System.Text;
using CoordPS.Protocol;
using CoordPS.Server.Hosting;
using CoordPS.Storage;
using Microsoft.Extensions.Logging;

namespace CoordPS.Server.Quorum;

/// <summary>
/// A connection between a leader and a learner, from either side. It sends in order what it is given, a snapshot among it, and
/// reports what it receives.
/// </summary>
#pragma warning disable CA1001 // What it has not sent when it closes may still be on its way to the socket; the collector takes it.
internal sealed class LearnerConnection
#pragma warning restore CA1001
{
    /// <summary>What ends a snapshot on the stream.</summary>
    internal const string Signature = "BenWasHere";

    private const int BufferSize = 64 * 1024;

    /// <summary>What a packet has besides the data of the largest request: header, digest, a session's ephemerals.</summary>
    private const int PacketMargin = 64 << 20;

    private const int ProgressMilliseconds = 100;

    private readonly LinkSocket _socket;
    private readonly QuorumPeer _peer;
    private readonly ServerConfig _config;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private readonly Queue<object> _segments = new();
    private JuteWriter? _open;
    private bool _isSending;
    private bool _closeWhenSent;
    private int _closed;
    private long _nextProgress;

    public LearnerConnection(long id, LinkSocket socket, QuorumPeer peer, ServerConfig config, ILogger logger)
    {
        Id = id;
        _socket = socket;
        _peer = peer;
        _config = config;
        _logger = logger;
        socket.NoDelay = true;
        Remote = socket.RemoteEndPoint;
    }

    /// <summary>The number that the consensus core knows it by.</summary>
    public long Id { get; }

    public EndPoint? Remote { get; }

    /// <summary>Whether something has come that was not received yet.</summary>
    public bool HasUnread => _socket.HasUnread;

    /// <summary>Takes a packet; it is sent by <see cref="Flush"/>.</summary>
    public void Write(in QuorumPacket packet)
    {
        lock (_lock)
            packet.Write(OpenSegment());
    }

    /// <summary>Takes a snapshot to send after what was written before.</summary>
    public void WriteSnapshot(long zxid, SnapshotSource snapshot)
    {
        lock (_lock)
        {
            new QuorumPacket(QuorumPacketType.Snap, zxid).Write(OpenSegment());
            _segments.Enqueue(snapshot);
            _open = null;
            OpenSegment().WriteString(Signature);
        }
    }

    /// <summary>Sends what was written, unless that is under way already.</summary>
    public void Flush()
    {
        lock (_lock)
        {
            if (_isSending)
                return;
            if (_segments.Count == 0)
            {
                if (_closeWhenSent)
                    Close();
                return;
            }

            _isSending = true;
        }

        _ = SendAsync();
    }

    public void CloseWhenSent()
    {
        lock (_lock)
            _closeWhenSent = true;
        Flush();
    }

    public void Close()
    {
        if (Interlocked.Exchange(ref _closed, 1) != 0)
            return;
        try
        {
            _socket.Shutdown(SocketShutdown.Both);
        }
        catch (SocketException)
        {
            // The other side was faster.
        }

        _socket.Dispose();
    }

    /// <summary>Receives until the connection ends, which it then reports.</summary>
    public async Task ReceiveAsync()
    {
        string? why = null;
        try
        {
            await ReceivePacketsAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            why = e.Message;
        }
        catch (Exception e) when (e is JuteException or IOException)
        {
            _logger.LogWarning("Closing the connection with {Remote}: {Reason}", Remote, e.Message);
        }

        if (Volatile.Read(ref _closed) == 0)
            _logger.LogInformation("The connection with {Remote} ended. {Reason}", Remote, why);
        Close();
        _peer.Post(new PeerInput(PeerInputKind.Closed, Id));
    }

    private JuteWriter OpenSegment()
    {
        if (_open is null)
        {
            _open = new JuteWriter(1024);
            _segments.Enqueue(_open);
        }

        return _open;
    }

    private async Task SendAsync()
    {
        try
        {
            while (TryTakeSegment(out object? segment))
            {
                if (segment is SnapshotSource snapshot)
                {
                    // It walks the tree and waits for the socket, neither of which an event loop should do.
                    await Task.Run(() => Send(snapshot)).ConfigureAwait(false);
                    continue;
                }

                using var bytes = (JuteWriter)segment!;
                for (int sent = 0; sent < bytes.Length;)
                    sent += await _socket.SendAsync(bytes.WrittenMemory[sent..]).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or IOException)
        {
            // The receiving side notices as well, and says so; it stays "sending", since it sends nothing any more.
            _logger.LogDebug("Sending to {Remote} failed: {Error}", Remote, e.Message);
            Close();
        }
    }

    private bool TryTakeSegment(out object? segment)
    {
        lock (_lock)
        {
            if (_segments.TryDequeue(out segment))
            {
                if (ReferenceEquals(segment, _open))
                    _open = null;
                return true;
            }

            _isSending = false;
            if (_closeWhenSent)
                Close();
            return false;
        }
    }

    private void Send(SnapshotSource snapshot)
    {
        long start = Environment.TickCount64;
        using var output = new SnapshotOutput(_socket, NoteProgress);
        using var writer = new SnapshotWriter(output, snapshot.Zxid);
        snapshot.WriteTo(writer);
        writer.Complete();
        _logger.LogInformation(
            "Sent {Remote} a snapshot at 0x{Zxid:x}: {Size} bytes in {Time} ms.", Remote, snapshot.Zxid, writer.Length, Environment.TickCount64 - start);
    }

    private void NoteProgress()
    {
        long now = Environment.TickCount64;
        if (now < _nextProgress)
            return;
        _nextProgress = now + ProgressMilliseconds;
        _peer.Post(new PeerInput(PeerInputKind.Activity, Id));
    }

    private async Task ReceivePacketsAsync()
    {
        byte[] buffer = new byte[BufferSize];
        int length = 0;
        int wanted = 0;
        long nextProgress = 0;
        while (true)
        {
            if (buffer.Length - length == 0 || wanted > buffer.Length)
                Array.Resize(ref buffer, Math.Max(Math.Min(wanted, buffer.Length * 4), buffer.Length * 2));
            int read = await _socket.ReceiveAsync(buffer.AsMemory(length)).ConfigureAwait(false);
            if (read == 0)
                return;
            length += read;
            int consumed = 0;
            while (true)
            {
                QuorumPacket? snap = ReadPackets(buffer.AsMemory(0, length), ref consumed, out wanted);
                if (snap is not { } packet)
                    break;
                ReadOnlyMemory<byte> rest = buffer.AsMemory(consumed, length - consumed).ToArray();
                ReadOnlyMemory<byte> unread = await Task.Run(() => Receive(packet.Zxid, rest)).ConfigureAwait(false);
                if (buffer.Length < unread.Length)
                    buffer = new byte[unread.Length + BufferSize];
                unread.CopyTo(buffer);
                (consumed, length) = (0, unread.Length);
            }

            length -= consumed;
            if (length > 0)
                buffer.AsSpan(consumed, length).CopyTo(buffer);
            else if (buffer.Length > 16 * BufferSize)
                buffer = new byte[BufferSize];
            if (length > 0 && Environment.TickCount64 >= nextProgress)
            {
                nextProgress = Environment.TickCount64 + ProgressMilliseconds;
                _peer.Post(new PeerInput(PeerInputKind.Activity, Id));
            }
        }
    }

    /// <summary>Reports the whole packets received up to a SNAP, which is returned; null when there is none.</summary>
    private QuorumPacket? ReadPackets(ReadOnlyMemory<byte> received, ref int consumed, out int wanted)
    {
        List<QuorumPacket>? packets = null;
        QuorumPacket? snap = null;
        while (QuorumPacketParser.TryRead(received.Span[consumed..], _config.JuteMaxBuffer + PacketMargin, out QuorumPacket packet, out wanted))
        {
            consumed += wanted;
            if (packet.Type == QuorumPacketType.Snap)
            {
                snap = packet;
                break;
            }

            (packets ??= []).Add(packet);
        }

        if (packets is not null)
            _peer.Post(new PeerInput(PeerInputKind.Packets, Id, packets));
        return snap;
    }

    /// <summary>Receives a snapshot and its signature, and reports it.</summary>
    /// <returns>What was received beyond it.</returns>
    private byte[] Receive(long zxid, ReadOnlyMemory<byte> buffered)
    {
        long start = Environment.TickCount64;
        using var input = new SnapshotInput(buffered, _socket);
        var file = new SnapshotWriter(_peer.Database.Directory.SnapshotPath, zxid, received: true);
        try
        {
            using var reader = new SnapshotReader(input, $"the snapshot from {Remote}", zxid);
            (DataTree tree, SessionTable sessions) = Database.Load(reader, _config, file, NoteProgress);
            tree.EndLoad();
            byte[] rest = reader.Unread.ToArray();
            byte[] signature = new byte[4 + Signature.Length];
            int have = Math.Min(rest.Length, signature.Length);
            rest.AsSpan(0, have).CopyTo(signature);
            input.ReadExactly(signature.AsSpan(have));
            if (Encoding.ASCII.GetString(signature.AsSpan(4)) != Signature)
                throw new JuteException("The snapshot does not end with its signature.");
            _logger.LogInformation(
                "Received a snapshot at 0x{Zxid:x} from {Remote}: {Nodes} znodes in {Time} ms.", zxid, Remote, tree.NodeCount, Environment.TickCount64 - start);
            _peer.Post(new PeerInput(PeerInputKind.Snapshot, Id, new ReceivedSnapshot(tree, sessions, file), zxid));
            return rest[have..];
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }
}
