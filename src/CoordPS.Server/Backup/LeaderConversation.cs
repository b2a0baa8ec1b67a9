using System.Net.Sockets;
using System.Text;
using CoordPS.Protocol;
using CoordPS.Server.Quorum;
using CoordPS.Storage;

namespace CoordPS.Server.Backup;

/// <summary>The packets between a leader and a learner that only wants to be synchronized, one after the other, on one thread.</summary>
internal sealed class LeaderConversation(Socket socket, string leader) : IDisposable
{
    private const int BufferSize = 64 * 1024;
    private const int MaxPacket = 256 << 20;

    private byte[] _buffer = new byte[BufferSize];
    private int _start;
    private int _end;
    private bool _isSynchronizing;

    public string Leader => leader;

    public void Send(in QuorumPacket packet)
    {
        using var writer = new JuteWriter(128);
        packet.Write(writer);
        ReadOnlySpan<byte> bytes = writer.WrittenSpan;
        while (!bytes.IsEmpty)
            bytes = bytes[socket.Send(bytes, SocketFlags.None)..];
    }

    /// <summary>Receives the next packet. Pings are answered and passed over.</summary>
    /// <exception cref="IOException">The leader has ended the conversation.</exception>
    /// <exception cref="JuteException">It sent what is no packet.</exception>
    public QuorumPacket Receive()
    {
        while (true)
        {
            QuorumPacket packet;
            int length;
            while (!QuorumPacketParser.TryRead(_buffer.AsSpan(_start, _end - _start), MaxPacket, out packet, out length))
                Fill(length);
            _start += length;
            _isSynchronizing |= packet.Type is QuorumPacketType.Snap or QuorumPacketType.Diff or QuorumPacketType.Trunc;
            if (packet.Type != QuorumPacketType.Ping)
                return packet;
            // No session is touched here. Apache's leader does not expect data to be null.
            Send(new QuorumPacket(QuorumPacketType.Ping, packet.Zxid, []));
        }
    }

    public QuorumPacket Expect(QuorumPacketType type)
    {
        QuorumPacket packet = Receive();
        return packet.Type == type ? packet : throw new JuteException($"The leader sent {packet.Type} in place of {type}.");
    }

    /// <summary>Receives the snapshot that follows a SNAP.</summary>
    public void ReceiveSnapshot(long zxid, Action<SnapshotReader> read)
    {
        // Nothing of it has been received yet: it comes after the first packet of the synchronization, and see Fill.
        using var input = new NetworkStream(socket);
        using var reader = new SnapshotReader(input, $"the snapshot of {leader}", zxid);
        read(reader);
        ReadOnlySpan<byte> rest = reader.Unread.Span;
        if (_buffer.Length < rest.Length)
            _buffer = new byte[rest.Length];
        rest.CopyTo(_buffer);
        (_start, _end) = (0, rest.Length);
        int size = 4 + LearnerConnection.Signature.Length;
        while (_end - _start < size)
            Fill(size);
        if (Encoding.ASCII.GetString(_buffer, _start + 4, LearnerConnection.Signature.Length) != LearnerConnection.Signature)
            throw new JuteException("The snapshot does not end with its signature.");
        _start += size;
    }

    public void Dispose() => socket.Dispose();

    /// <summary>Receives more; up to the packet that a snapshot may follow, not a byte more than that has.</summary>
    private void Fill(int wanted)
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        if (_buffer.Length < wanted || _end == _buffer.Length)
            Array.Resize(ref _buffer, Math.Max(wanted, _buffer.Length * 2));
        int read = socket.Receive(_buffer.AsSpan(_end, (_isSynchronizing ? _buffer.Length : wanted) - _end), SocketFlags.None);
        if (read == 0)
            throw new IOException("The leader has closed the connection.");
        _end += read;
    }
}
