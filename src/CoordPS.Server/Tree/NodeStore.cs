using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace CoordPS.Server;

/// <summary>What every znode has: 64 bytes, without a reference for the garbage collector to follow.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal struct NodeRecord
{
    /// <summary>Odd while the node is being changed, never repeated: a reader that sees it odd or changed reads again.</summary>
    public int Sequence;

    public int Hash;
    public int NextInBucket;
    public int Parent;
    public int NextSibling;
    public int PreviousSibling;
    public int Acl;

    /// <summary>The index of its <see cref="NodeExtension"/>; 0 for a node without children that is as it was created.</summary>
    public int Extension;

    public uint Name;
    public uint Data;

    /// <summary>-1 for null, which is not the same as empty.</summary>
    public int DataLength;

    public int NameLength;
    public long Czxid;
    public long Ctime;
}

/// <summary>What only some znodes have: those with children, with changes since they were created, or with an owner.</summary>
internal struct NodeExtension
{
    public long Mzxid;
    public long Mtime;
    public long Pzxid;
    public long EphemeralOwner;
    public int Version;
    public int CreateCount;
    public int Aversion;
    public int FirstChild;
    public int LastChild;
    public int ChildCount;
}

/// <summary>
/// The records of all znodes, and a hash table that finds them by path: a path is a node's name and its parents', and costs no memory
/// of its own. One writer. Readers take no lock: see <see cref="DataNode"/>.
/// </summary>
internal sealed class NodeStore
{
    private const int ChunkBits = 12;
    private const int ChunkSize = 1 << ChunkBits;

    private readonly ulong _seed = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8)) | 1;
    private readonly Queue<int> _freeNodes = new();
    private readonly Stack<int> _freeExtensions = new();
    private NodeRecord[][] _nodes = [];
    private NodeExtension[][] _extensions = [];
    private int[] _buckets = new int[1024];

    // The first of each is no node's and no node's extension.
    private int _nodeCount = 1;
    private int _extensionCount = 1;

    /// <summary>Odd while chains of the table are cut or rebuilt, which can make a reader miss a node that is there.</summary>
    private int _cuts;

    /// <param name="extendedTypes">Whether an owner can be a time to live.</param>
    public NodeStore(bool extendedTypes)
    {
        ExtendedTypes = extendedTypes;
        _nodes = [new NodeRecord[ChunkSize]];
        _extensions = [new NodeExtension[ChunkSize]];
    }

    public bool ExtendedTypes { get; }

    public BlobStore Blobs { get; } = new();

    /// <summary>Nodes in the table.</summary>
    public int Count { get; private set; }

    public ref NodeRecord Node(int id) => ref Volatile.Read(ref _nodes)[id >> ChunkBits][id & (ChunkSize - 1)];

    /// <summary>A node's extension, to read; one with nothing in it when the node has none.</summary>
    public ref NodeExtension Extension(int index) => ref Volatile.Read(ref _extensions)[index >> ChunkBits][index & (ChunkSize - 1)];

    /// <summary>A node's extension, to write: made, with what is true of a fresh node, when it has none.</summary>
    public ref NodeExtension Extend(ref NodeRecord node)
    {
        if (node.Extension == 0)
        {
            int index = _freeExtensions.TryPop(out int free) ? free : NewExtension();
            Extension(index) = new NodeExtension { Mzxid = node.Czxid, Pzxid = node.Czxid, Mtime = node.Ctime };
            Volatile.Write(ref node.Extension, index);
        }

        return ref Extension(node.Extension);
    }

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

    /// <summary>
    /// Finds a node. What it returns was at the path when it was found; whoever reads it without the tree's gate asks it afterwards
    /// whether it still was.
    /// </summary>
    public bool TryFind(ReadOnlySpan<byte> path, out DataNode node)
    {
        int hash = HashOf(path);
        var spin = default(SpinWait);
        while (true)
        {
            int cuts = Volatile.Read(ref _cuts);
            int[] buckets = Volatile.Read(ref _buckets);
            int id = Volatile.Read(ref buckets[hash & (buckets.Length - 1)]);
            for (int steps = 0; id != 0 && steps <= Count; steps++)
            {
                ref NodeRecord record = ref Node(id);
                int sequence = Volatile.Read(ref record.Sequence);
                if (record.Hash == hash && Matches(ref record, path))
                {
                    node = new DataNode(this, id, sequence);
                    return true;
                }

                id = Volatile.Read(ref record.NextInBucket);
            }

            // Only a table that stood still the whole time can say that there is no such node.
            Volatile.ReadBarrier();
            if ((cuts & 1) == 0 && Volatile.Read(ref _cuts) == cuts)
            {
                node = default;
                return false;
            }

            spin.SpinOnce();
        }
    }

    /// <summary>Adds a node whose path is not in the table, with its name and data, as the last child of its parent (0 for the root).</summary>
    public int Add(int parent, ReadOnlySpan<byte> name, int hash, ReadOnlySpan<byte> data, bool isDataNull, int acl, long czxid, long ctime, long owner = 0)
    {
        if (Count >= _buckets.Length)
            Resize();
        int id = _freeNodes.Count > ChunkSize ? _freeNodes.Dequeue() : NewNode();
        ref NodeRecord node = ref Node(id);
        // Readers that still hold the id from its last life see it change.
        Volatile.Write(ref node.Sequence, node.Sequence | 1);
        Volatile.WriteBarrier();
        node.Hash = hash;
        node.Parent = parent;
        node.Acl = acl;
        node.Extension = 0;
        node.Name = Blobs.Add(name);
        node.NameLength = name.Length;
        node.Data = Blobs.Add(data);
        node.DataLength = isDataNull ? -1 : data.Length;
        node.Czxid = czxid;
        node.Ctime = ctime;
        node.NextSibling = 0;
        node.PreviousSibling = 0;
        if (owner != 0)
            Extend(ref node).EphemeralOwner = owner;
        if (parent != 0)
        {
            ref NodeExtension list = ref Extend(ref Node(parent));
            node.PreviousSibling = list.LastChild;
            if (list.LastChild == 0)
                list.FirstChild = id;
            else
                Node(list.LastChild).NextSibling = id;
            list.LastChild = id;
            list.ChildCount++;
        }

        ref int bucket = ref _buckets[hash & (_buckets.Length - 1)];
        node.NextInBucket = bucket;
        Volatile.Write(ref node.Sequence, node.Sequence + 1);
        Volatile.Write(ref bucket, id);
        Count++;
        return id;
    }

    /// <summary>Removes a node that has no children.</summary>
    public void Remove(int id)
    {
        ref NodeRecord node = ref Node(id);
        Volatile.Write(ref _cuts, _cuts + 1);
        Volatile.Write(ref node.Sequence, node.Sequence + 1);
        Volatile.WriteBarrier();
        ref int link = ref _buckets[node.Hash & (_buckets.Length - 1)];
        while (link != id)
            link = ref Node(link).NextInBucket;
        Volatile.Write(ref link, node.NextInBucket);
        ref NodeExtension list = ref Extension(Node(node.Parent).Extension);
        if (node.PreviousSibling != 0)
            Node(node.PreviousSibling).NextSibling = node.NextSibling;
        else
            list.FirstChild = node.NextSibling;
        if (node.NextSibling != 0)
            Node(node.NextSibling).PreviousSibling = node.PreviousSibling;
        else
            list.LastChild = node.PreviousSibling;
        list.ChildCount--;
        Blobs.Free(node.Name, node.NameLength);
        Blobs.Free(node.Data, node.DataLength);
        if (node.Extension != 0)
            _freeExtensions.Push(node.Extension);
        // It stays odd until it is some other node: whoever reads it finds out.
        _freeNodes.Enqueue(id);
        Count--;
        Volatile.Write(ref _cuts, _cuts + 1);
    }

    /// <summary>Replaces a node's data. Within a change of the node.</summary>
    public void SetData(int id, ReadOnlySpan<byte> data, bool isDataNull)
    {
        ref NodeRecord node = ref Node(id);
        uint before = node.Data;
        int beforeLength = node.DataLength;
        node.Data = Blobs.Add(data);
        node.DataLength = isDataNull ? -1 : data.Length;
        Blobs.Free(before, beforeLength);
    }

    private static ulong Mix(ulong h) =>
        BitOperations.RotateLeft(h * 0x9E3779B97F4A7C15UL, 31) * 0xC2B2AE3D27D4EB4FUL;

    private static void Grow<T>(ref T[][] chunks, int count)
    {
        if (count >> ChunkBits < chunks.Length)
            return;
        T[][] more = new T[chunks.Length + 1][];
        chunks.CopyTo(more, 0);
        more[^1] = new T[ChunkSize];
        Volatile.Write(ref chunks, more);
    }

    private bool Matches(ref NodeRecord node, ReadOnlySpan<byte> path)
    {
        int end = path.Length;
        if (end == 1)
            return node.Parent == 0 && path[0] == (byte)'/';
        ref NodeRecord at = ref node;
        while (at.Parent != 0)
        {
            int start = end - at.NameLength;
            if (start < 1 || start > end || path[start - 1] != (byte)'/' || !path[start..end].SequenceEqual(Blobs.Read(at.Name, at.NameLength)))
                return false;
            end = start - 1;
            at = ref Node(at.Parent);
        }

        return end == 0;
    }

    private int NewNode()
    {
        Grow(ref _nodes, _nodeCount);
        return _nodeCount++;
    }

    private int NewExtension()
    {
        Grow(ref _extensions, _extensionCount);
        return _extensionCount++;
    }

    private void Resize()
    {
        Volatile.Write(ref _cuts, _cuts + 1);
        int[] larger = new int[_buckets.Length * 2];
        foreach (int first in _buckets)
        {
            for (int id = first; id != 0;)
            {
                ref NodeRecord node = ref Node(id);
                int next = node.NextInBucket;
                ref int bucket = ref larger[node.Hash & (larger.Length - 1)];
                node.NextInBucket = bucket;
                bucket = id;
                id = next;
            }
        }

        Volatile.Write(ref _buckets, larger);
        Volatile.Write(ref _cuts, _cuts + 1);
    }
}
