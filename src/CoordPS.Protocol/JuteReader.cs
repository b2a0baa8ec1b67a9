using System.Buffers.Binary;
using System.Text;

namespace CoordPS.Protocol;

/// <summary>
/// Reads Jute's binary encoding from a span: big-endian integers, length-prefixed buffers and strings, counted vectors.
/// Every length is checked against what is left before anything is allocated.
/// </summary>
public ref struct JuteReader
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ReadOnlySpan<byte> _buffer;
    private readonly bool _lenient;
    private int _position;

    /// <summary>Starts reading at the first byte of <paramref name="buffer"/>.</summary>
    /// <param name="buffer">The bytes.</param>
    /// <param name="lenient">
    /// Whether bytes of a string that are no UTF-8 read as U+FFFD, as Java reads them, rather than fail. For what a server has stored:
    /// Apache's writes characters beyond the basic plane as two surrogates of three bytes each.
    /// </param>
    public JuteReader(ReadOnlySpan<byte> buffer, bool lenient = false)
    {
        _buffer = buffer;
        _lenient = lenient;
        _position = 0;
    }

    /// <summary>Bytes read so far.</summary>
    public readonly int Position => _position;

    /// <summary>Bytes not yet read.</summary>
    public readonly int Remaining => _buffer.Length - _position;

    /// <summary>The bytes not yet read.</summary>
    public readonly ReadOnlySpan<byte> RemainingSpan => _buffer[_position..];

    /// <summary>Reads a 32-bit integer.</summary>
    public int ReadInt32() => BinaryPrimitives.ReadInt32BigEndian(Take(4, "int"));

    /// <summary>Reads a 64-bit integer.</summary>
    public long ReadInt64() => BinaryPrimitives.ReadInt64BigEndian(Take(8, "long"));

    /// <summary>Reads a boolean: one byte, and as in Apache any value but 0 is true.</summary>
    public bool ReadBoolean() => Take(1, "boolean")[0] != 0;

    /// <summary>Reads a buffer in place. A length of -1 is a null buffer: <paramref name="isNull"/> is then true.</summary>
    public ReadOnlySpan<byte> ReadBufferSpan(out bool isNull)
    {
        int length = ReadInt32();
        isNull = length == -1;
        if (isNull)
            return default;
        if (length < 0)
            throw new JuteException($"Negative buffer length {length} at byte {_position - 4}.");
        return Take(length, "buffer");
    }

    /// <summary>Reads a buffer into an array of its own; null when the length is -1.</summary>
    public byte[]? ReadBuffer()
    {
        ReadOnlySpan<byte> span = ReadBufferSpan(out bool isNull);
        return isNull ? null : span.ToArray();
    }

    /// <summary>Reads a string's UTF-8 bytes in place, unvalidated; a null string gives an empty span.</summary>
    public ReadOnlySpan<byte> ReadUtf8Span() => ReadBufferSpan(out _);

    /// <summary>Reads a string; null when the length is -1.</summary>
    /// <exception cref="JuteException">The bytes are not UTF-8 and the reader is not lenient.</exception>
    public string? ReadString()
    {
        int start = _position;
        ReadOnlySpan<byte> span = ReadBufferSpan(out bool isNull);
        if (isNull)
            return null;
        try
        {
            return (_lenient ? Encoding.UTF8 : StrictUtf8).GetString(span);
        }
        catch (DecoderFallbackException e)
        {
            throw new JuteException($"String at byte {start} is not valid UTF-8.", e);
        }
    }

    /// <summary>Reads a string that must be there; null becomes the empty string, as a server treats it.</summary>
    public string ReadStringOrEmpty() => ReadString() ?? string.Empty;

    /// <summary>
    /// Reads a vector's element count; -1 is a null vector. The count is checked against the bytes left,
    /// so that a list can be sized by it.
    /// </summary>
    /// <param name="minimumElementSize">The fewest bytes that one element takes.</param>
    public int ReadVectorCount(int minimumElementSize)
    {
        int count = ReadInt32();
        if (count < -1)
            throw new JuteException($"Negative vector length {count} at byte {_position - 4}.");
        if (count > 0 && (long)count * minimumElementSize > Remaining)
            throw new JuteException($"Vector of {count} elements at byte {_position - 4} does not fit in {Remaining} bytes.");
        return count;
    }

    /// <summary>Reads a vector of strings; a null vector gives an empty one.</summary>
    public string[] ReadStringVector()
    {
        int count = ReadVectorCount(4);
        if (count <= 0)
            return [];
        var result = new string[count];
        for (int i = 0; i < count; i++)
            result[i] = ReadStringOrEmpty();
        return result;
    }

    /// <summary>Reads a vector of records; null when the length is -1.</summary>
    /// <param name="minimumElementSize">The fewest bytes that one element takes.</param>
    public T[]? ReadVector<T>(int minimumElementSize) where T : IJuteRecord<T>
    {
        int count = ReadVectorCount(minimumElementSize);
        if (count < 0)
            return null;
        var result = new T[count];
        for (int i = 0; i < count; i++)
            result[i] = T.Read(ref this);
        return result;
    }

    private ReadOnlySpan<byte> Take(int length, string what)
    {
        if (length > _buffer.Length - _position)
            throw new JuteException($"Record ends at byte {_buffer.Length}: a {what} of {length} bytes was expected at {_position}.");
        ReadOnlySpan<byte> span = _buffer.Slice(_position, length);
        _position += length;
        return span;
    }
}
