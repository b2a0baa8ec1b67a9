using System.Buffers.Binary;
using CoordPS.Protocol;

namespace CoordPS.Server.Quorum;

/// <summary>Finds packets in a stream that separates them by nothing: a packet's length follows from its fields.</summary>
internal static class QuorumPacketParser
{
    private const int FixedSize = 12;
    private const int MaxIdentities = 4096;

    /// <summary>Reads the packet at the beginning of a buffer.</summary>
    /// <param name="buffer">What has been received.</param>
    /// <param name="maxData">The longest data that a packet may have.</param>
    /// <param name="packet">The packet.</param>
    /// <param name="length">The bytes it took or, when it is not whole, at least the bytes that it takes.</param>
    /// <returns>Whether the packet is whole.</returns>
    /// <exception cref="JuteException">It can't become one, or is too long.</exception>
    public static bool TryRead(ReadOnlySpan<byte> buffer, int maxData, out QuorumPacket packet, out int length)
    {
        packet = default;
        length = FixedSize;
        if (!TrySkip(buffer, ref length, maxData, "data"))
            return false;
        int at = length;
        length += 4;
        if (buffer.Length < length)
            return false;
        int identities = BinaryPrimitives.ReadInt32BigEndian(buffer[at..]);
        if (identities is < -1 or > MaxIdentities)
            throw new JuteException($"A packet can't have {identities} identities.");
        for (int i = 0; i < identities * 2; i++)
        {
            if (!TrySkip(buffer, ref length, maxData, "identity"))
                return false;
        }

        var reader = new JuteReader(buffer[..length]);
        packet = QuorumPacket.Read(ref reader);
        return true;
    }

    private static bool TrySkip(ReadOnlySpan<byte> buffer, ref int length, int max, string what)
    {
        int at = length;
        length += 4;
        if (buffer.Length < length)
            return false;
        int size = BinaryPrimitives.ReadInt32BigEndian(buffer[at..]);
        if (size < -1 || size > max)
            throw new JuteException($"A packet's {what} can't have {size} bytes; {max} at most.");
        length += Math.Max(size, 0);
        return buffer.Length >= length;
    }
}
