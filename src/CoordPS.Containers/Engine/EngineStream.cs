namespace CoordPS.Containers;

/// <summary>The engine no longer reads. What it has to say may still be read.</summary>
internal sealed class EngineHungUpException(Exception inner) : IOException(inner.Message, inner);

/// <summary>
/// A connection whose first failed write is told by <see cref="EngineHungUpException"/>, and what follows it goes nowhere: an engine that has
/// had enough of a request answers and closes, and the HTTP client must get to that answer in place of failing at what is left to send.
/// </summary>
internal sealed class EngineStream(Stream connection) : Stream
{
    private bool _hungUp;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Flush() => connection.Flush();

    public override Task FlushAsync(CancellationToken cancellationToken) =>
        _hungUp ? Task.CompletedTask : connection.FlushAsync(cancellationToken);

    public override int Read(byte[] buffer, int offset, int count) => connection.Read(buffer, offset, count);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        connection.ReadAsync(buffer, offset, count, cancellationToken);

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        connection.ReadAsync(buffer, cancellationToken);

    public override void Write(byte[] buffer, int offset, int count)
    {
        if (_hungUp)
            return;
        try
        {
            connection.Write(buffer, offset, count);
        }
        catch (IOException e)
        {
            _hungUp = true;
            throw new EngineHungUpException(e);
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_hungUp)
            return;
        try
        {
            await connection.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            _hungUp = true;
            throw new EngineHungUpException(e);
        }
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            connection.Dispose();
        base.Dispose(disposing);
    }
}
