using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using CoordPS.Protocol;

namespace CoordPS.Testing;

/// <summary>A frame from a server: a reply, or an event.</summary>
/// <param name="Header">The reply's header.</param>
/// <param name="Body">What follows it.</param>
public sealed record RawReply(ReplyHeader Header, byte[] Body)
{
    /// <summary>The error, by its name.</summary>
    public ErrorCode Error => Header.Error;

    /// <summary>Whether this is a watch's event.</summary>
    public bool IsEvent => Header.Xid == Xids.Notification;

    /// <summary>Reads the body as a record.</summary>
    public T Read<T>() where T : IJuteRecord<T>
    {
        var reader = new JuteReader(Body);
        return T.Read(ref reader);
    }
}

/// <summary>
/// A connection that speaks the client protocol frame by frame and hides nothing: for what a client would never send, and for what it would
/// not show.
/// </summary>
public sealed class RawConnection : IDisposable
{
    private readonly Socket _socket;
    private readonly NetworkStream _stream;
    private int _xid;

    private RawConnection(Socket socket)
    {
        _socket = socket;
        _stream = new NetworkStream(socket, ownsSocket: true);
    }

    /// <summary>The session, once connected.</summary>
    public long SessionId { get; private set; }

    /// <summary>The session's password, once connected.</summary>
    public byte[] Password { get; private set; } = [];

    /// <summary>The local port.</summary>
    public int LocalPort => ((IPEndPoint)_socket.LocalEndPoint!).Port;

    /// <summary>Opens a socket to a port of the loopback address, and nothing more.</summary>
    public static async Task<RawConnection> OpenAsync(int port, CancellationToken ct = default)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), ct).ConfigureAwait(false);
            return new RawConnection(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Opens a socket and a session.</summary>
    public static async Task<RawConnection> ConnectAsync(int port, int timeoutMilliseconds = 30_000)
    {
        RawConnection connection = await OpenAsync(port).ConfigureAwait(false);
        await connection.OpenSessionAsync(timeoutMilliseconds).ConfigureAwait(false);
        return connection;
    }

    /// <summary>A request's frame, with its length in front.</summary>
    public static byte[] Frame(Action<JuteWriter> write)
    {
        using var writer = new JuteWriter();
        int start = writer.BeginFrame();
        write(writer);
        writer.EndFrame(start);
        return writer.WrittenSpan.ToArray();
    }

    /// <summary>The frame of an operation.</summary>
    public static byte[] Frame(int xid, OpCode type, Action<JuteWriter>? body = null) => Frame(writer =>
    {
        new RequestHeader(xid, type).Write(writer);
        body?.Invoke(writer);
    });

    /// <summary>Sends the connect request and returns the answer; null when the server closed the connection instead.</summary>
    public async Task<ConnectResponse?> OpenSessionAsync(
        int timeoutMilliseconds = 30_000, long sessionId = 0, byte[]? password = null, bool? readOnly = false, long lastZxidSeen = 0)
    {
        await SendAsync(Frame(new ConnectRequest(0, lastZxidSeen, timeoutMilliseconds, sessionId, password ?? new byte[16], readOnly).Write)).ConfigureAwait(false);
        if (await ReceiveFrameAsync().ConfigureAwait(false) is not { } frame)
            return null;
        var reader = new JuteReader(frame);
        ConnectResponse response = ConnectResponse.Read(ref reader);
        SessionId = response.SessionId;
        Password = response.Password ?? [];
        return response;
    }

    /// <summary>Sends bytes as they are.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct = default) => await _stream.WriteAsync(bytes, ct).ConfigureAwait(false);

    /// <summary>Sends an operation without waiting for its reply; returns its xid.</summary>
    public async Task<int> SendAsync(OpCode type, Action<JuteWriter>? body = null)
    {
        int xid = type == OpCode.Ping ? Xids.Ping : type == OpCode.Auth ? Xids.Auth : ++_xid;
        await SendAsync(Frame(xid, type, body)).ConfigureAwait(false);
        return xid;
    }

    /// <summary>Sends an operation and returns the next frame that is no event.</summary>
    public async Task<RawReply> CallAsync(OpCode type, Action<JuteWriter>? body = null)
    {
        await SendAsync(type, body).ConfigureAwait(false);
        while (true)
        {
            RawReply reply = await ReceiveAsync().ConfigureAwait(false)
                ?? throw new IOException($"The server closed the connection instead of answering {type}.");
            if (!reply.IsEvent)
                return reply;
        }
    }

    /// <summary>The next frame; null when the server has closed the connection.</summary>
    public async Task<RawReply?> ReceiveAsync(CancellationToken ct = default)
    {
        if (await ReceiveFrameAsync(ct).ConfigureAwait(false) is not { } frame)
            return null;
        var reader = new JuteReader(frame);
        ReplyHeader header = ReplyHeader.Read(ref reader);
        return new RawReply(header, reader.RemainingSpan.ToArray());
    }

    /// <summary>The next frame without its length; null when the server has closed the connection.</summary>
    public async Task<byte[]?> ReceiveFrameAsync(CancellationToken ct = default)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(Eventually.Patience);
        byte[] length = new byte[4];
        try
        {
            if (await _stream.ReadAtLeastAsync(length, 4, throwOnEndOfStream: false, patience.Token).ConfigureAwait(false) < 4)
                return null;
            byte[] frame = new byte[BinaryPrimitives.ReadInt32BigEndian(length)];
            await _stream.ReadExactlyAsync(frame, patience.Token).ConfigureAwait(false);
            return frame;
        }
        catch (IOException)
        {
            // Reset: what was sent last came too late for the server.
            return null;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new TimeoutException($"No frame came within {Eventually.Patience.TotalSeconds} s, and the connection was not closed.");
        }
    }

    /// <summary>Reads until the server closes the connection, or fails.</summary>
    public async Task ExpectCloseAsync()
    {
        while (await ReceiveFrameAsync().ConfigureAwait(false) is not null)
        {
            // What was on its way.
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();
}
