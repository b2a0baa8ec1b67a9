using CoordPS.Protocol;

namespace CoordPS.Server;

/// <summary>
/// A znode. One loop writes it; any thread reads it, under the protocol of <see cref="Sequence"/> or under the tree's gate.
/// </summary>
internal sealed class DataNode(DataNode? parent, byte[] name, int hash)
{
    /// <summary>The node above; null for the root.</summary>
    public readonly DataNode? Parent = parent;

    /// <summary>The last name of the path, in UTF-8. The path is not kept: it is the names up to the root.</summary>
    public readonly byte[] Name = name;

    /// <summary>The hash of the whole path.</summary>
    public readonly int Hash = hash;

    /// <summary>Odd while the node is being changed. A reader that sees it odd or changed reads again.</summary>
    public int Sequence;

    public byte[]? Data;
    public ChildList? Children;
    public DataNode? NextSibling;
    public DataNode? PreviousSibling;

    /// <summary>The list's index in the <see cref="AclCache"/>.</summary>
    public int Acl;

    public int Version;

    /// <summary>The number of children ever created, as logs and snapshots keep it; clients are shown <see cref="ReadStat"/>'s count.</summary>
    public int CreateCount;

    public int Aversion;
    public long Czxid;
    public long Mzxid;
    public long Pzxid;
    public long Ctime;
    public long Mtime;
    public long EphemeralOwner;

    public int ChildCount => Children?.Count ?? 0;

    /// <summary>The path as text.</summary>
    public string Path
    {
        get
        {
            int length = 0;
            for (DataNode n = this; n.Parent is not null; n = n.Parent)
                length += n.Name.Length + 1;
            if (length == 0)
                return ZPath.Root;
            byte[] bytes = new byte[length];
            int end = length;
            for (DataNode n = this; n.Parent is not null; n = n.Parent)
            {
                end -= n.Name.Length;
                n.Name.CopyTo(bytes, end);
                bytes[--end] = (byte)'/';
            }

            return System.Text.Encoding.UTF8.GetString(bytes);
        }
    }

    /// <summary>
    /// The metadata as clients see it: their child version counts creates and deletes, which is twice the creates less the
    /// children there are.
    /// </summary>
    public Stat ReadStat() => new(
        Czxid, Mzxid, Ctime, Mtime, Version, unchecked((CreateCount * 2) - ChildCount), Aversion, EphemeralOwner,
        Data?.Length ?? 0, ChildCount, Pzxid);

    public StatPersisted ReadPersisted() => new(Czxid, Mzxid, Ctime, Mtime, Version, CreateCount, Aversion, EphemeralOwner, Pzxid);

    public void SetPersisted(in StatPersisted stat)
    {
        (Czxid, Mzxid, Ctime, Mtime) = (stat.Czxid, stat.Mzxid, stat.Ctime, stat.Mtime);
        (Version, CreateCount, Aversion) = (stat.Version, stat.Cversion, stat.Aversion);
        (EphemeralOwner, Pzxid) = (stat.EphemeralOwner, stat.Pzxid);
    }

    /// <summary>Begins a change. The caller is the one writer.</summary>
    public void BeginChange()
    {
        Volatile.Write(ref Sequence, Sequence + 1);
        Volatile.WriteBarrier();
    }

    /// <summary>Ends a change.</summary>
    public void EndChange() => Volatile.Write(ref Sequence, Sequence + 1);

    /// <summary>Waits for a change in progress to end and returns the sequence to hand to <see cref="IsUnchanged"/>.</summary>
    public int BeginRead()
    {
        var spin = default(SpinWait);
        int sequence;
        while (((sequence = Volatile.Read(ref Sequence)) & 1) != 0)
            spin.SpinOnce();
        return sequence;
    }

    /// <summary>Whether nothing changed since <see cref="BeginRead"/>: what was read in between is then one state of the node.</summary>
    public bool IsUnchanged(int sequence)
    {
        Volatile.ReadBarrier();
        return Volatile.Read(ref Sequence) == sequence;
    }
}

/// <summary>
/// The children of a node in the order of their creation, linked through the children themselves. A removed child keeps its link
/// forward, so that a reader walking past it goes on; every link leads to a later child, so that a walk ends.
/// </summary>
internal sealed class ChildList
{
    public DataNode? First;
    public DataNode? Last;
    public int Count;

    public void Add(DataNode child)
    {
        child.PreviousSibling = Last;
        if (Last is null)
            Volatile.Write(ref First, child);
        else
            Volatile.Write(ref Last.NextSibling, child);
        Last = child;
        Count++;
    }

    public void Remove(DataNode child)
    {
        if (child.PreviousSibling is { } previous)
            Volatile.Write(ref previous.NextSibling, child.NextSibling);
        else
            Volatile.Write(ref First, child.NextSibling);
        if (child.NextSibling is { } next)
            next.PreviousSibling = child.PreviousSibling;
        else
            Last = child.PreviousSibling;
        Count--;
    }
}
