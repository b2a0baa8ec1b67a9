using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using CoordPS.Protocol;

namespace CoordPS.Client;

/// <summary>
/// One TCP connection: bytes out and frames in. Requests written while a send is under way leave together with the next; one receive
/// yields as many frames as it brought. What is written and sent is guarded by the session's lock; frames are taken by its read loop alone.
/// </summary>
internal sealed class Connection : IThreadPoolWorkItem, IDisposable
{
    /// <summary>More than this waits in the session's queue, so that a server that doesn't read is not answered with memory.</summary>
    internal const int MaxUnsent = 256 * 1024;

    private const int KeepCapacity = 64 * 1024;
    private const int MaxHandshakeFrame = 64 * 1024;
    private const int ReplyHeaderLength = 16;

    private readonly Session _session;
    private readonly Socket _socket;
    private JuteWriter _out = new(1024);
    private JuteWriter _sending = new(1024);
    private bool _flushing;
    private bool _closed;
    private Exception? _cause;

    private byte[] _in = ArrayPool<byte>.Shared.Rent(4096);
    private int _start;
    private int _end;
    private int _skip;

    private Connection(Session session, ServerName server, IPEndPoint address, Socket socket)
    {
        _session = session;
        _socket = socket;
        Server = server;
        Address = address;
        Name = address.ToString();
        LastHeard = LastSent = Environment.TickCount64;
    }

    internal ServerName Server { get; }

    internal IPEndPoint Address { get; }

    /// <summary>The address as errors name it.</summary>
    internal string Name { get; }

    /// <summary>When bytes last came, by <see cref="Environment.TickCount64"/>.</summary>
    internal long LastHeard { get; private set; }

    /// <summary>When the attempt to open it began.</summary>
    internal long AskedAt { get; set; }

    /// <summary>When bytes last went.</summary>
    internal long LastSent { get; private set; }

    /// <summary>Requests below this sequence were handed to the socket; those from it on certainly never reached the server.</summary>
    internal long SentBelow { get; private set; }

    /// <summary>What is written and not yet being sent. Under the session's lock.</summary>
    internal JuteWriter Out => _out;

    /// <summary>Connects and shakes hands.</summary>
    /// <exception cref="SocketException">The address could not be connected to.</exception>
    /// <exception cref="IOException">The server closed the connection, or is no ZooKeeper server.</exception>
    /// <exception cref="TimeoutException">It took longer than <paramref name="timeout"/>.</exception>
    internal static async Task<(Connection Connection, ConnectResponse Response)> OpenAsync(
        Session session, ServerName server, IPEndPoint address, ConnectRequest request, TimeSpan timeout, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(timeout);
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        var connection = new Connection(session, server, address, socket);
        bool connected = false;
        try
        {
            await socket.ConnectAsync(address, limit.Token).ConfigureAwait(false);
            connected = true;
            int frame = connection._out.BeginFrame();
            request.Write(connection._out);
            connection._out.EndFrame(frame);
            for (ReadOnlyMemory<byte> rest = connection._out.WrittenMemory; rest.Length > 0;)
                rest = rest[await socket.SendAsync(rest, SocketFlags.None, limit.Token).ConfigureAwait(false)..];
            connection._out.Clear();

            while (true)
            {
                if (connection._end >= 4)
                {
                    int length = BinaryPrimitives.ReadInt32BigEndian(connection._in);
                    if (length is < 0 or > MaxHandshakeFrame)
                        throw new IOException($"{connection.Name} answered with something that is not ZooKeeper's protocol.");
                    if (connection._end - 4 >= length)
                    {
                        var reader = new JuteReader(connection._in.AsSpan(4, length));
                        // No answer to a ConnectRequest is as short: a server without a quorum says so if it opens no local sessions.
                        if (length == ReplyHeaderLength)
                            throw new IOException($"{connection.Name} refused to open a session: {ReplyHeader.Read(ref reader).Error}.");
                        ConnectResponse response = ConnectResponse.Read(ref reader);
                        connection._start = 4 + length;
                        return (connection, response);
                    }
                }

                if (!await connection.FillAsync(limit.Token).ConfigureAwait(false))
                {
                    throw new IOException(
                        $"{connection.Name} closed the connection instead of opening a session: it is starting, has no quorum, is behind what this session has seen, or takes no more connections from here.");
                }
            }
        }
        catch (Exception e)
        {
            connection.Dispose();
            connection.ReleaseReceiveBuffer();
            if (e is OperationCanceledException && !ct.IsCancellationRequested)
            {
                throw new TimeoutException(
                    $"{connection.Name} {(connected ? "accepted the connection and sent no answer" : "did not accept the connection")} within {timeout.TotalMilliseconds:0} ms.", e);
            }

            if (e is SocketException { SocketErrorCode: not SocketError.ConnectionRefused } && connected)
                throw new IOException($"{connection.Name} dropped the connection instead of opening a session: {e.Message}.", e);
            throw;
        }
    }

    /// <summary>Sees to it that what was written is sent. Under the session's lock.</summary>
    internal void ScheduleFlush()
    {
        if (_flushing || _closed || _out.Length == 0)
            return;
        _flushing = true;
        // At the pool's far end: callers that are ready to run add their requests first, and share the send.
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    void IThreadPoolWorkItem.Execute() => _ = FlushAsync();

    /// <summary>
    /// Takes the next whole frame that has been received. A frame over the limit is reported to the session by its header, and its rest skipped.
    /// </summary>
    /// <exception cref="IOException">The bytes can't be frames.</exception>
    internal bool TryTakeFrame(int maxLength, out ReadOnlySpan<byte> frame)
    {
        frame = default;
        int available = _end - _start;
        if (available < 4)
            return false;
        int length = BinaryPrimitives.ReadInt32BigEndian(_in.AsSpan(_start));
        if (length < ReplyHeaderLength)
            throw new IOException($"{Name} sent a frame of length {length}, which no reply has.");
        if (length > maxLength)
        {
            if (available < 4 + ReplyHeaderLength)
                return false;
            var reader = new JuteReader(_in.AsSpan(_start + 4, ReplyHeaderLength));
            _session.OnOversizeFrame(this, ReplyHeader.Read(ref reader), length);
            int skipNow = Math.Min(available, 4 + length);
            _start += skipNow;
            _skip = 4 + length - skipNow;
            return _skip == 0 && TryTakeFrame(maxLength, out frame);
        }

        if (available - 4 < length)
        {
            MakeRoom(4 + length);
            return false;
        }

        frame = _in.AsSpan(_start + 4, length);
        _start += 4 + length;
        return true;
    }

    /// <summary>Receives more bytes; false when the server has closed the connection.</summary>
    internal async ValueTask<bool> FillAsync(CancellationToken ct)
    {
        if (_start == _end)
        {
            _start = _end = 0;
            if (_in.Length > 4 * KeepCapacity)
            {
                // One long reply is no reason to keep its room for good.
                ArrayPool<byte>.Shared.Return(_in);
                _in = ArrayPool<byte>.Shared.Rent(KeepCapacity);
            }
        }
        else if (_end == _in.Length)
        {
            MakeRoom(_end - _start + 1);
        }

        int received = await _socket.ReceiveAsync(_in.AsMemory(_end), SocketFlags.None, ct).ConfigureAwait(false);
        if (received == 0)
            return false;
        LastHeard = Environment.TickCount64;
        if (_skip > 0)
        {
            int skipped = Math.Min(_skip, received);
            _skip -= skipped;
            _in.AsSpan(_end + skipped, received - skipped).CopyTo(_in.AsSpan(_end));
            received -= skipped;
        }

        bool full = _end + received == _in.Length;
        _end += received;
        // A receive that filled the buffer would have brought more: a busy connection earns a bigger one.
        if (full && _in.Length < KeepCapacity)
            MakeRoom(_in.Length * 2);
        return true;
    }

    /// <summary>Drops the connection; the read loop ends with <paramref name="cause"/>.</summary>
    internal void Abort(Exception cause)
    {
        Interlocked.CompareExchange(ref _cause, cause, null);
        Dispose();
    }

    /// <summary>Why the connection ended: what it was aborted with, or else what the read loop saw.</summary>
    internal Exception Cause(Exception? seen) =>
        Volatile.Read(ref _cause) ?? seen ?? new IOException($"{Name} closed the connection.");

    /// <summary>Closes the socket. Harmless when closed.</summary>
    public void Dispose()
    {
        lock (_session.Gate)
        {
            if (_closed)
                return;
            _closed = true;
            if (!_flushing)
                ReleaseSendBuffers();
        }

        _socket.Dispose();
    }

    /// <summary>Gives the receive buffer back. For the read loop, when it has ended.</summary>
    internal void ReleaseReceiveBuffer()
    {
        byte[] buffer = _in;
        _in = [];
        _start = _end = 0;
        if (buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(buffer);
    }

    private async Task FlushAsync()
    {
        try
        {
            while (true)
            {
                lock (_session.Gate)
                {
                    if (_closed || _out.Length == 0)
                    {
                        _flushing = false;
                        if (_closed)
                            ReleaseSendBuffers();
                        return;
                    }

                    (_out, _sending) = (_sending, _out);
                    SentBelow = _session.NextSequence;
                    // Counts from now: what a stuck send holds up is not heard of either.
                    LastSent = Environment.TickCount64;
                }

                for (ReadOnlyMemory<byte> rest = _sending.WrittenMemory; rest.Length > 0;)
                    rest = rest[await _socket.SendAsync(rest, SocketFlags.None, CancellationToken.None).ConfigureAwait(false)..];
                _sending.Clear(KeepCapacity);
                lock (_session.Gate)
                    _session.PumpWaiting(this);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            Abort(e);
            lock (_session.Gate)
            {
                _flushing = false;
                ReleaseSendBuffers();
            }
        }
    }

    private void ReleaseSendBuffers()
    {
        _out.Dispose();
        _sending.Dispose();
    }

    /// <summary>Makes the buffer hold at least <paramref name="length"/> bytes from the first unread one on.</summary>
    private void MakeRoom(int length)
    {
        int unread = _end - _start;
        if (_in.Length >= length)
        {
            if (_in.Length - _start < length)
                _in.AsSpan(_start, unread).CopyTo(_in);
            else
                return;
        }
        else
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(length, Math.Min(_in.Length * 2, KeepCapacity)));
            _in.AsSpan(_start, unread).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_in);
            _in = larger;
        }

        _start = 0;
        _end = unread;
    }
}
