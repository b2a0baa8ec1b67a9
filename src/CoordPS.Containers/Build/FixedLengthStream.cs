namespace CoordPS.Containers;

/// <summary>A file that is read to the length it had when it was looked at, and to no other.</summary>
internal sealed class FixedLengthStream(FileStream file, long length) : Stream
{
    private long _position;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position
    {
        get => _position;
        set => Seek(value, SeekOrigin.Begin);
    }

    public override int Read(byte[] buffer, int offset, int count) =>
        ReadAsync(buffer.AsMemory(offset, count), CancellationToken.None).AsTask().GetAwaiter().GetResult();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int wanted = (int)Math.Min(buffer.Length, length - _position);
        int read;
        try
        {
            read = await file.ReadAsync(buffer[..wanted], cancellationToken).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            // Named here, where it can't be taken for an error of what is written to.
            throw BuildContext.Unreadable(file.Name, e);
        }

        _position += read;
        if ((read == 0 && wanted > 0) || (_position == length && file.Length != length))
            throw BuildContext.SizeChanged(file.Name);
        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override long Seek(long offset, SeekOrigin origin) => _position = file.Seek(offset, origin);

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
