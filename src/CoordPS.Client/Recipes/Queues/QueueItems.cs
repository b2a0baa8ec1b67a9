using System.Buffers.Binary;

namespace CoordPS.Client.Recipes;

/// <summary>
/// Curator's envelope of queue items: a version, then for each item 0x01, its length and its bytes, then 0x02; integers of four bytes, big-endian.
/// </summary>
internal static class QueueItems
{
    private const int Version = 0x00010001;
    private const byte Item = 1;
    private const byte End = 2;

    internal static byte[] Write(IReadOnlyList<ReadOnlyMemory<byte>> items)
    {
        byte[] envelope = new byte[4 + items.Sum(item => 5 + item.Length) + 1];
        BinaryPrimitives.WriteInt32BigEndian(envelope, Version);
        int at = 4;
        foreach (ReadOnlyMemory<byte> item in items)
        {
            envelope[at] = Item;
            BinaryPrimitives.WriteInt32BigEndian(envelope.AsSpan(at + 1), item.Length);
            item.Span.CopyTo(envelope.AsSpan(at + 5));
            at += 5 + item.Length;
        }

        envelope[at] = End;
        return envelope;
    }

    /// <summary>The items; null when the bytes are no envelope.</summary>
    internal static IReadOnlyList<byte[]>? Read(ReadOnlySpan<byte> envelope)
    {
        if (envelope.Length < 5 || BinaryPrimitives.ReadInt32BigEndian(envelope) != Version)
            return null;
        List<byte[]> items = [];
        ReadOnlySpan<byte> rest = envelope[4..];
        while (rest.Length > 0)
        {
            if (rest[0] == End)
                return items;
            if (rest[0] != Item || rest.Length < 5)
                return null;
            int length = BinaryPrimitives.ReadInt32BigEndian(rest[1..]);
            if (length < 0 || length > rest.Length - 5)
                return null;
            items.Add(rest.Slice(5, length).ToArray());
            rest = rest[(5 + length)..];
        }

        return null;
    }
}
