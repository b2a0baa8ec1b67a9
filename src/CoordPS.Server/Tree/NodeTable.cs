using System.Buffers;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace CoordPS.Server;

/// <summary>
/// Finds a node by its path: an open-addressing table of nodes, whose keys are the nodes' own names up to the root, so that a
/// path costs no memory of its own. One writer; readers take no lock and see a node or don't, never half of one.
/// </summary>
internal sealed class NodeTable
{
    private static readonly DataNode Removed = new(null, [], 0);

    private readonly ulong _seed = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8)) | 1;
    private DataNode?[] _slots = new DataNode?[1024];
    private int _used;

    /// <summary>Nodes in the table.</summary>
    public int Count { get; private set; }

    /// <summary>The hash of a path. Seeded, so that no client can choose paths that collide.</summary>
    public int HashOf(ReadOnlySpan<byte> path)
    {
        ulong h = _seed ^ (ulong)path.Length;
        while (path.Length >= 8)
        {
            h = Mix(h ^ MemoryMarshal.Read<ulong>(path));
            path = path[8..];
        }

        if (!path.IsEmpty)
        {
            ulong tail = 0;
            for (int i = 0; i < path.Length; i++)
                tail |= (ulong)path[i] << (8 * i);
            h = Mix(h ^ tail);
        }

        return (int)(Mix(h) >> 32);
    }

    /// <summary>The node at a path, or null.</summary>
    public DataNode? Find(ReadOnlySpan<byte> path) => Find(path, HashOf(path));

    /// <summary>The node at a path, or null.</summary>
    public DataNode? Find(string path)
    {
        byte[]? rented = null;
        int max = Encoding.UTF8.GetMaxByteCount(path.Length);
        Span<byte> bytes = max <= 512 ? stackalloc byte[512] : (rented = ArrayPool<byte>.Shared.Rent(max));
        int length = Encoding.UTF8.GetBytes(path, bytes);
        DataNode? node = Find(bytes[..length]);
        if (rented is not null)
            ArrayPool<byte>.Shared.Return(rented);
        return node;
    }

    /// <summary>Adds a node whose path is not in the table.</summary>
    public void Add(DataNode node)
    {
        if ((_used + 1) * 3L > _slots.Length * 2L)
            Resize();
        Place(_slots, node, ref _used);
        Count++;
    }

    /// <summary>Removes a node that is in the table.</summary>
    public void Remove(DataNode node)
    {
        DataNode?[] slots = _slots;
        int mask = slots.Length - 1;
        for (int i = node.Hash & mask; ; i = (i + 1) & mask)
        {
            if (!ReferenceEquals(slots[i], node))
                continue;
            // A slot before an empty one ends no chain but its own, so it can be empty again; any other must stay passable.
            if (slots[(i + 1) & mask] is null)
            {
                Volatile.Write(ref slots[i], null);
                _used--;
            }
            else
            {
                Volatile.Write(ref slots[i], Removed);
            }

            Count--;
            return;
        }
    }

    private static ulong Mix(ulong h) =>
        BitOperations.RotateLeft(h * 0x9E3779B97F4A7C15UL, 31) * 0xC2B2AE3D27D4EB4FUL;

    private static void Place(DataNode?[] slots, DataNode node, ref int used)
    {
        int mask = slots.Length - 1;
        for (int i = node.Hash & mask; ; i = (i + 1) & mask)
        {
            DataNode? there = slots[i];
            if (there is not null && !ReferenceEquals(there, Removed))
                continue;
            if (there is null)
                used++;
            Volatile.Write(ref slots[i], node);
            return;
        }
    }

    private static bool Matches(DataNode node, ReadOnlySpan<byte> path)
    {
        if (path.Length == 1)
            return node.Parent is null && path[0] == '/';
        int end = path.Length;
        while (node.Parent is { } parent)
        {
            int start = end - node.Name.Length;
            if (start < 1 || path[start - 1] != (byte)'/' || !path[start..end].SequenceEqual(node.Name))
                return false;
            end = start - 1;
            node = parent;
        }

        return end == 0;
    }

    private DataNode? Find(ReadOnlySpan<byte> path, int hash)
    {
        DataNode?[] slots = Volatile.Read(ref _slots);
        int mask = slots.Length - 1;
        for (int i = hash & mask; ; i = (i + 1) & mask)
        {
            DataNode? node = Volatile.Read(ref slots[i]);
            if (node is null)
                return null;
            if (node.Hash == hash && !ReferenceEquals(node, Removed) && Matches(node, path))
                return node;
        }
    }

    private void Resize()
    {
        int length = _slots.Length;
        // Grow when the nodes themselves fill it; a table full of removed slots is only cleaned.
        var slots = new DataNode?[Count * 3L > length ? checked(length * 2) : length];
        int used = 0;
        foreach (DataNode? node in _slots)
        {
            if (node is not null && !ReferenceEquals(node, Removed))
                Place(slots, node, ref used);
        }

        _used = used;
        Volatile.Write(ref _slots, slots);
    }
}
