using System.Buffers.Binary;
using CoordPS.Protocol;
using CoordPS.Storage;

namespace CoordPS.Server;

/// <summary>
/// The state as of the last transaction applied, for a snapshot that is written while the tree goes on changing: what changes
/// meanwhile has a higher zxid and is replayed over it.
/// </summary>
internal sealed class SnapshotSource
{
    private const int LockFreeAttempts = 4;

    private readonly DataTree _tree;
    private readonly IReadOnlyCollection<KeyValuePair<long, IReadOnlyList<Acl>>> _acls;
    private readonly IReadOnlyCollection<(long, int)> _sessions;

    public SnapshotSource(DataTree tree, SessionTable sessions)
    {
        _tree = tree;
        lock (tree.Gate)
        {
            Zxid = tree.LastProcessedZxid;
            _acls = [.. tree.Acls.Lists.Select(static p => KeyValuePair.Create((long)p.Key, p.Value))];
            _sessions = sessions.All;
        }
    }

    /// <summary>The last transaction it surely has.</summary>
    public long Zxid { get; }

    /// <summary>Writes all but the end.</summary>
    /// <exception cref="StorageException">The disk is full or failed.</exception>
    public void WriteTo(SnapshotWriter writer)
    {
        writer.Begin(_sessions, _acls);
        WriteTree(writer, Zxid);
    }

    /// <summary>
    /// Writes all nodes, parents first, each as it is when its turn comes; one that is gone by then is left out with what was below it.
    /// Without recursion: clients decide how deep a tree is.
    /// </summary>
    private void WriteTree(SnapshotWriter writer, long zxid)
    {
        using var path = new JuteWriter(256);
        using var data = new JuteWriter(1024);
        using var names = new JuteWriter(256);
        var open = new Stack<(byte[] Names, int At, int PathLength)>();
        if (TryWriteNode(writer, path, data, names, zxid))
            open.Push((names.WrittenSpan.ToArray(), 0, 0));
        while (open.TryPop(out (byte[] Names, int At, int PathLength) parent))
        {
            path.Truncate(parent.PathLength);
            if (parent.At == parent.Names.Length)
                continue;
            int size = BinaryPrimitives.ReadInt32BigEndian(parent.Names.AsSpan(parent.At));
            path.Reserve(1)[0] = (byte)'/';
            path.WriteRaw(parent.Names.AsSpan(parent.At + 4, size));
            open.Push(parent with { At = parent.At + 4 + size });
            if (TryWriteNode(writer, path, data, names, zxid) && names.Length > 0)
                open.Push((names.WrittenSpan.ToArray(), 0, path.Length));
        }
    }

    /// <summary>Writes the node at a path and gets its children's names; false when the snapshot is to be without it.</summary>
    private bool TryWriteNode(SnapshotWriter writer, JuteWriter path, JuteWriter data, JuteWriter names, long zxid)
    {
        // What was created since the snapshot began is created again by the replay; its list may not be in the table.
        if (!Copy(path.WrittenSpan, data, names, out bool isDataNull, out int acl, out StatPersisted stat) || stat.Czxid > zxid)
            return false;
        writer.WriteNode(path.WrittenSpan, data.WrittenSpan, isDataNull, acl, stat);
        return true;
    }

    /// <summary>Copies a node and its children's names in one state; a node that keeps changing is copied under the tree's gate.</summary>
    private bool Copy(ReadOnlySpan<byte> path, JuteWriter data, JuteWriter names, out bool isDataNull, out int acl, out StatPersisted stat)
    {
        for (int attempt = 0; attempt < LockFreeAttempts; attempt++)
        {
            if (!TryCopy(path, data, names, out isDataNull, out acl, out stat, out bool unchanged))
                return false;
            if (unchanged)
                return true;
        }

        lock (_tree.Gate)
            return TryCopy(path, data, names, out isDataNull, out acl, out stat, out _);
    }

    private bool TryCopy(
        ReadOnlySpan<byte> path, JuteWriter data, JuteWriter names, out bool isDataNull, out int acl, out StatPersisted stat, out bool unchanged)
    {
        data.Clear();
        names.Clear();
        if (_tree.Find(path.IsEmpty ? "/"u8 : path) is not { } node)
        {
            (isDataNull, acl, stat, unchanged) = (false, 0, default, false);
            return false;
        }

        isDataNull = node.IsDataNull;
        data.WriteRaw(node.Data);
        acl = node.Acl;
        stat = node.ReadPersisted();
        foreach (DataNode child in node)
            names.WriteBuffer(child.Name);
        unchanged = node.IsUnchanged;
        return true;
    }
}
