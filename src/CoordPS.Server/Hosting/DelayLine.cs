using System.Net.Sockets;
using System.Threading.Channels;

namespace CoordPS.Server.Hosting;

/// <summary>
/// What a disturbed connection delivers: in order, each piece when its delay is over, nothing while the direction is cut. Then it is not
/// read either, so that the sender's window fills as it would.
/// </summary>
internal sealed class DelayLine(Socket socket, LinkPath path)
{
    private const int ChunkSize = 64 * 1024;
    private const int MaxChunks = 256;

    private readonly Channel<Chunk> _chunks = Channel.CreateBounded<Chunk>(new BoundedChannelOptions(MaxChunks) { SingleReader = true, SingleWriter = true });
    private Chunk _current;
    private long _lastDue;

    /// <summary>Begins with what was received just before, of which the error is part.</summary>
    public void Start(byte[] received, SocketException? error, CancellationToken cancellationToken)
    {
        _chunks.Writer.TryWrite(new Chunk(received, Due(), error));
        if (received.Length == 0)
            _chunks.Writer.Complete();
        else
            _ = PumpAsync(cancellationToken);
    }

    /// <summary>What has arrived; 0 at the end.</summary>
    /// <exception cref="SocketException">The connection broke.</exception>
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (_current.Bytes.Length == 0)
        {
            if (!await _chunks.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false) || !_chunks.Reader.TryRead(out Chunk next))
                return 0;
            await path.WhenOpenAsync(cancellationToken).ConfigureAwait(false);
            for (long left; (left = next.Due - Environment.TickCount64) > 0;)
            {
                await Task.Delay((int)Math.Min(left, int.MaxValue), cancellationToken).ConfigureAwait(false);
                await path.WhenOpenAsync(cancellationToken).ConfigureAwait(false);
            }

            if (next.Error is not null)
                throw next.Error;
            if (next.Bytes.Length == 0)
                return 0;
            _current = next;
        }

        int count = Math.Min(buffer.Length, _current.Bytes.Length);
        _current.Bytes[..count].CopyTo(buffer);
        _current = _current with { Bytes = _current.Bytes[count..] };
        return count;
    }

    private async Task PumpAsync(CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[ChunkSize];
        try
        {
            while (true)
            {
                await path.WhenOpenAsync(cancellationToken).ConfigureAwait(false);
                int count = 0;
                SocketException? error = null;
                try
                {
                    count = await socket.ReceiveAsync(buffer, SocketFlags.None, cancellationToken).ConfigureAwait(false);
                }
                catch (SocketException e)
                {
                    error = e;
                }

                await _chunks.Writer.WriteAsync(new Chunk(buffer.AsMemory(0, count).ToArray(), Due(), error), cancellationToken).ConfigureAwait(false);
                if (count == 0)
                    break;
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // Closed by this side, which reads no more.
        }

        _chunks.Writer.TryComplete();
    }

    /// <summary>When what is received now is delivered: never before what was received earlier.</summary>
    private long Due() => _lastDue = Math.Max(_lastDue, Environment.TickCount64 + (long)path.NextDelay().TotalMilliseconds);

    private readonly record struct Chunk(ReadOnlyMemory<byte> Bytes, long Due, SocketException? Error);
}
