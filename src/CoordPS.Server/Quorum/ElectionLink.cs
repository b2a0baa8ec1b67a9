using System.Buffers.Binary;
using System.Net.Sockets;
using CoordPS.Protocol;
using CoordPS.Server.Hosting;

namespace CoordPS.Server.Quorum;

/// <summary>An established connection between two election ports. It sends the last of what there is to send, and receives.</summary>
internal sealed class ElectionLink(long member, LinkSocket socket)
{
    /// <summary>The longest notification that is taken; a configuration makes up most of one.</summary>
    private const int MaxFrame = 512 * 1024;

    private readonly Lock _lock = new();
    private byte[]? _next;
    private bool _isSending;

    public long Member { get; } = member;

    /// <summary>Sends a frame, or has it take the place of one that waits.</summary>
    public void Send(byte[] frame)
    {
        lock (_lock)
        {
            if (_isSending)
            {
                _next = frame;
                return;
            }

            _isSending = true;
        }

        _ = SendAsync(frame);
    }

    /// <summary>Receives until the connection ends.</summary>
    /// <exception cref="SocketException">The connection broke.</exception>
    /// <exception cref="JuteException">What came is no notification.</exception>
    public async Task ReceiveAsync(Action<long, ElectionNotification> received, CancellationToken cancellationToken)
    {
        byte[] header = new byte[4];
        while (await FillAsync(socket, header, cancellationToken).ConfigureAwait(false))
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(header);
            if (length is <= 0 or > MaxFrame)
                throw new JuteException($"A notification of {length} bytes was announced; they have 1 to {MaxFrame}.");
            byte[] body = new byte[length];
            if (!await FillAsync(socket, body, cancellationToken).ConfigureAwait(false))
                return;
            received(Member, ElectionNotification.Parse(body));
        }
    }

    public void Close() => socket.Dispose();

    /// <summary>Fills a buffer; false when the connection ended before.</summary>
    public static async ValueTask<bool> FillAsync(LinkSocket socket, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (!buffer.IsEmpty)
        {
            int read = await socket.ReceiveAsync(buffer, cancellationToken).ConfigureAwait(false);
            if (read == 0)
                return false;
            buffer = buffer[read..];
        }

        return true;
    }

    private async Task SendAsync(byte[] frame)
    {
        try
        {
            while (true)
            {
                for (int sent = 0; sent < frame.Length;)
                    sent += await socket.SendAsync(frame.AsMemory(sent)).ConfigureAwait(false);
                lock (_lock)
                {
                    if (_next is null)
                    {
                        _isSending = false;
                        return;
                    }

                    (frame, _next) = (_next, null);
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The receiving side notices as well, and says so; it stays "sending", since it sends nothing any more.
            Close();
        }
    }
}
