using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace CoordPS.Protocol;

/// <summary>
/// Writes Jute's binary encoding into a pooled buffer that grows. Made to be kept and cleared, not made anew per record.
/// Not safe for use by several threads at once.
/// </summary>
public sealed class JuteWriter : IDisposable
{
    private byte[] _buffer;
    private int _length;

    /// <summary>Creates a writer.</summary>
    /// <param name="initialCapacity">Bytes rented at first.</param>
    public JuteWriter(int initialCapacity = 256) => _buffer = ArrayPool<byte>.Shared.Rent(initialCapacity);

    /// <summary>Bytes written so far.</summary>
    public int Length => _length;

    /// <summary>Bytes the current buffer can hold.</summary>
    public int Capacity => _buffer.Length;

    /// <summary>What has been written, valid until the next write.</summary>
    public ReadOnlySpan<byte> WrittenSpan => _buffer.AsSpan(0, _length);

    /// <summary>What has been written, valid until the next write.</summary>
    public ReadOnlyMemory<byte> WrittenMemory => _buffer.AsMemory(0, _length);

    /// <summary>Forgets what was written and keeps the buffer.</summary>
    public void Clear() => _length = 0;

    /// <summary>Forgets what was written; a buffer larger than <paramref name="keepCapacity"/> bytes goes back to the pool.</summary>
    public void Clear(int keepCapacity)
    {
        _length = 0;
        if (_buffer.Length > keepCapacity && _buffer.Length > 256)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = ArrayPool<byte>.Shared.Rent(Math.Min(keepCapacity, 256));
        }
    }

    /// <summary>Takes back everything written after the first <paramref name="length"/> bytes.</summary>
    public void Truncate(int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)length, (uint)_length, nameof(length));
        _length = length;
    }

    /// <summary>Writes a 32-bit integer.</summary>
    public void WriteInt32(int value) => BinaryPrimitives.WriteInt32BigEndian(Reserve(4), value);

    /// <summary>Writes a 64-bit integer.</summary>
    public void WriteInt64(long value) => BinaryPrimitives.WriteInt64BigEndian(Reserve(8), value);

    /// <summary>Writes a boolean as one byte.</summary>
    public void WriteBoolean(bool value) => Reserve(1)[0] = value ? (byte)1 : (byte)0;

    /// <summary>Writes bytes as they are, without a length.</summary>
    public void WriteRaw(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Reserve(bytes.Length));

    /// <summary>Writes a buffer with its length.</summary>
    public void WriteBuffer(ReadOnlySpan<byte> value)
    {
        Span<byte> span = Reserve(4 + value.Length);
        BinaryPrimitives.WriteInt32BigEndian(span, value.Length);
        value.CopyTo(span[4..]);
    }

    /// <summary>Writes a buffer with its length; null as length -1.</summary>
    public void WriteBuffer(byte[]? value)
    {
        if (value is null)
            WriteInt32(-1);
        else
            WriteBuffer(value.AsSpan());
    }

    /// <summary>Writes a string as UTF-8 with its length in bytes; null as length -1.</summary>
    public void WriteString(string? value)
    {
        if (value is null)
        {
            WriteInt32(-1);
            return;
        }

        int start = _length;
        Span<byte> span = Reserve(4 + Encoding.UTF8.GetMaxByteCount(value.Length));
        int bytes = Encoding.UTF8.GetBytes(value, span[4..]);
        BinaryPrimitives.WriteInt32BigEndian(span, bytes);
        _length = start + 4 + bytes;
    }

    /// <summary>Writes a vector of strings.</summary>
    public void WriteStringVector(IReadOnlyCollection<string> values)
    {
        WriteInt32(values.Count);
        foreach (string value in values)
            WriteString(value);
    }

    /// <summary>Writes a vector of records; null as length -1.</summary>
    public void WriteVector<T>(IReadOnlyList<T>? values) where T : IJuteRecord<T>
    {
        if (values is null)
        {
            WriteInt32(-1);
            return;
        }

        WriteInt32(values.Count);
        for (int i = 0; i < values.Count; i++)
            values[i].Write(this);
    }

    /// <summary>Starts a frame: leaves room for its 4-byte length. Give the result to <see cref="EndFrame"/>.</summary>
    public int BeginFrame()
    {
        int start = _length;
        Reserve(4);
        return start;
    }

    /// <summary>Ends the frame begun at <paramref name="start"/>: fills in the length of what was written since.</summary>
    public void EndFrame(int start) => PatchInt32(start, _length - start - 4);

    /// <summary>Overwrites a 32-bit integer at an offset already written.</summary>
    public void PatchInt32(int offset, int value) => BinaryPrimitives.WriteInt32BigEndian(_buffer.AsSpan(0, _length).Slice(offset, 4), value);

    /// <summary>Overwrites a 64-bit integer at an offset already written.</summary>
    public void PatchInt64(int offset, long value) => BinaryPrimitives.WriteInt64BigEndian(_buffer.AsSpan(0, _length).Slice(offset, 8), value);

    /// <summary>Makes room for <paramref name="length"/> bytes, counts them as written and returns them to be filled.</summary>
    public Span<byte> Reserve(int length)
    {
        int start = _length;
        if (length > _buffer.Length - start)
            Grow(length);
        _length = start + length;
        return _buffer.AsSpan(start, length);
    }

    /// <summary>Gives the buffer back to the pool. The writer must not be used afterwards.</summary>
    public void Dispose()
    {
        byte[] buffer = _buffer;
        _buffer = [];
        _length = 0;
        if (buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(buffer);
    }

    private void Grow(int extra)
    {
        int wanted = checked(_length + extra);
        byte[] larger = ArrayPool<byte>.Shared.Rent((int)Math.Max(wanted, Math.Min(_buffer.Length * 2L, Array.MaxLength)));
        _buffer.AsSpan(0, _length).CopyTo(larger);
        if (_buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}
