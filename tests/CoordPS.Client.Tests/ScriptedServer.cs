using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using CoordPS.Protocol;

namespace CoordPS.Client.Tests;

/// <summary>
/// A server of which a test writes every answer: for what no real one would do, and for versions that are not at hand. It opens sessions by
/// itself; each request is given to the script, which returns the frames to send, or null to drop the connection.
/// </summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    internal delegate IEnumerable<byte[]>? Script(RequestHeader header, byte[] body);

    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _stop = new();
    private readonly Script _script;
    private readonly Func<ConnectRequest, ConnectResponse> _open;
    private readonly Task _run;

    internal ScriptedServer(Script script, Func<ConnectRequest, ConnectResponse>? open = null)
    {
        _script = script;
        _open = open ?? (request => new ConnectResponse(0, request.TimeoutMilliseconds, 0x1234, new byte[16], false));
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        _run = RunAsync();
    }

    internal string ConnectionString => _listener.LocalEndPoint!.ToString()!;

    internal int Connections { get; private set; }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _run;
        _stop.Dispose();
    }

    /// <summary>A reply with an error, or with a body.</summary>
    internal static byte[] Reply(RequestHeader header, ErrorCode error = ErrorCode.Ok, Action<JuteWriter>? body = null) => Frame(writer =>
    {
        new ReplyHeader(header.Xid, 1, error).Write(writer);
        body?.Invoke(writer);
    });

    internal static byte[] Frame(Action<JuteWriter> content)
    {
        using var writer = new JuteWriter();
        int frame = writer.BeginFrame();
        content(writer);
        writer.EndFrame(frame);
        return writer.WrittenSpan.ToArray();
    }

    private static async Task<byte[]?> ReadFrameAsync(NetworkStream stream, CancellationToken ct)
    {
        byte[] length = new byte[4];
        if (await stream.ReadAtLeastAsync(length, 4, throwOnEndOfStream: false, ct) < 4)
            return null;
        byte[] frame = new byte[BinaryPrimitives.ReadInt32BigEndian(length)];
        return await stream.ReadAtLeastAsync(frame, frame.Length, throwOnEndOfStream: false, ct) < frame.Length ? null : frame;
    }

    private async Task RunAsync()
    {
        List<Task> connections = [];
        try
        {
            while (true)
            {
                Socket socket = await _listener.AcceptAsync(_stop.Token);
                Connections++;
                connections.Add(ServeAsync(socket));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        try
        {
            await using var stream = new NetworkStream(socket, ownsSocket: true);
            byte[]? hello = await ReadFrameAsync(stream, _stop.Token);
            if (hello is null)
                return;
            await stream.WriteAsync(Frame(writer => Open(hello).Write(writer)), _stop.Token);
            while (await ReadFrameAsync(stream, _stop.Token) is { } frame)
            {
                (RequestHeader header, byte[] body) = Split(frame);
                if (header.Type == OpCode.Ping)
                {
                    await stream.WriteAsync(Reply(header), _stop.Token);
                    continue;
                }

                if (_script(header, body) is not { } answers)
                    return;
                foreach (byte[] answer in answers)
                    await stream.WriteAsync(answer, _stop.Token);
                if (header.Type == OpCode.CloseSession)
                    return;
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The client has gone, or the test has ended.
        }
    }

    private ConnectResponse Open(byte[] hello)
    {
        var reader = new JuteReader(hello);
        return _open(ConnectRequest.Read(ref reader));
    }

    private static (RequestHeader Header, byte[] Body) Split(byte[] frame)
    {
        var reader = new JuteReader(frame);
        RequestHeader header = RequestHeader.Read(ref reader);
        return (header, reader.RemainingSpan.ToArray());
    }
}
