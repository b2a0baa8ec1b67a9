using System.Text;
using CoordPS.Protocol;

namespace CoordPS.Server;

/// <summary>
/// A znode: where its record is, and the record's sequence when it was found. The loop that applies transactions, and whoever holds the
/// tree's gate, reads it as it is. Anyone else reads what is needed and then asks <see cref="IsUnchanged"/>: if not, what was read may
/// be of two states, or of another node, and the reader finds the node anew.
/// </summary>
internal readonly struct DataNode(NodeStore store, int id, int sequence)
{
    public int Id { get; } = id;

    public bool IsRoot => Record.Parent == 0;

    public int DataLength => Record.DataLength;

    public bool IsDataNull => Record.DataLength < 0;

    public ReadOnlySpan<byte> Data => store.Blobs.Read(Record.Data, Record.DataLength);

    public ReadOnlySpan<byte> Name => store.Blobs.Read(Record.Name, Record.NameLength);

    /// <summary>The list's index in the <see cref="AclCache"/>.</summary>
    public int Acl
    {
        get => Record.Acl;
        set => Record.Acl = value;
    }

    public long Czxid => Record.Czxid;

    public long Mzxid => Record.Extension == 0 ? Record.Czxid : Extension.Mzxid;

    public long Pzxid => Record.Extension == 0 ? Record.Czxid : Extension.Pzxid;

    public long Mtime => Record.Extension == 0 ? Record.Ctime : Extension.Mtime;

    public int Version => Extension.Version;

    /// <summary>The number of children ever created, as logs and snapshots keep it; clients are shown <see cref="ReadStat"/>'s count.</summary>
    public int CreateCount => Extension.CreateCount;

    public int Aversion => Extension.Aversion;

    public long EphemeralOwner => Extension.EphemeralOwner;

    public int ChildCount => Extension.ChildCount;

    /// <summary>The path as text.</summary>
    public string Path
    {
        get
        {
            var names = new Stack<string>();
            for (int at = Id; store.Node(at).Parent != 0; at = store.Node(at).Parent)
                names.Push(Encoding.UTF8.GetString(store.Blobs.Read(store.Node(at).Name, store.Node(at).NameLength)));
            return names.Count == 0 ? ZPath.Root : "/" + string.Join('/', names);
        }
    }

    private ref NodeRecord Record => ref store.Node(Id);

    /// <summary>To read only: a node without one shares one with nothing in it.</summary>
    private ref NodeExtension Extension => ref store.Extension(Record.Extension);

    /// <summary>Whether the node was in one state from when it was found until now.</summary>
    public bool IsUnchanged
    {
        get
        {
            Volatile.ReadBarrier();
            return (sequence & 1) == 0 && Volatile.Read(ref Record.Sequence) == sequence;
        }
    }

    /// <summary>The children in the order of their creation.</summary>
    public Enumerator GetEnumerator() => new(store, Extension.FirstChild, Extension.ChildCount);

    /// <summary>
    /// The metadata as clients see it: their child version counts creates and deletes, which is twice the creates less the
    /// children there are.
    /// </summary>
    public Stat ReadStat()
    {
        ref NodeRecord node = ref Record;
        int length = Math.Max(0, node.DataLength);
        if (node.Extension == 0)
            return new Stat(node.Czxid, node.Czxid, node.Ctime, node.Ctime, 0, 0, 0, 0, length, 0, node.Czxid);
        ref NodeExtension more = ref store.Extension(node.Extension);
        return new Stat(
            node.Czxid, more.Mzxid, node.Ctime, more.Mtime, more.Version, unchecked((more.CreateCount * 2) - more.ChildCount),
            more.Aversion, ClientOwner(more.EphemeralOwner), length, more.ChildCount, more.Pzxid);
    }

    /// <summary>Clients are shown the owner of an ephemeral alone: what else the field says is the server's own business.</summary>
    private long ClientOwner(long owner) =>
        owner != 0 && Protocol.EphemeralOwner.KindOf(owner, store.ExtendedTypes) == EphemeralKind.Ephemeral ? owner : 0;

    public StatPersisted ReadPersisted() =>
        new(Czxid, Mzxid, Record.Ctime, Mtime, Version, CreateCount, Aversion, EphemeralOwner, Pzxid);

    /// <summary>Sets the metadata as a snapshot has it.</summary>
    public void SetPersisted(in StatPersisted stat)
    {
        ref NodeRecord node = ref Record;
        (node.Czxid, node.Ctime) = (stat.Czxid, stat.Ctime);
        if (node.Extension == 0 && stat == new StatPersisted(stat.Czxid, stat.Czxid, stat.Ctime, stat.Ctime, 0, 0, 0, 0, stat.Czxid))
            return;
        ref NodeExtension more = ref store.Extend(ref node);
        (more.Mzxid, more.Mtime, more.Pzxid) = (stat.Mzxid, stat.Mtime, stat.Pzxid);
        (more.Version, more.CreateCount, more.Aversion) = (stat.Version, stat.Cversion, stat.Aversion);
        more.EphemeralOwner = stat.EphemeralOwner;
    }

    /// <summary>The part of the metadata that most nodes do without, to change. Within a change.</summary>
    public ref NodeExtension Extend() => ref store.Extend(ref Record);

    /// <summary>Replaces the data. Within a change.</summary>
    public void SetData(ReadOnlySpan<byte> data, bool isNull) => store.SetData(Id, data, isNull);

    /// <summary>Begins a change. The caller is the one writer.</summary>
    public void BeginChange()
    {
        ref NodeRecord node = ref Record;
        Volatile.Write(ref node.Sequence, node.Sequence + 1);
        Volatile.WriteBarrier();
    }

    /// <summary>Ends a change.</summary>
    public void EndChange()
    {
        ref NodeRecord node = ref Record;
        Volatile.Write(ref node.Sequence, node.Sequence + 1);
    }

    /// <summary>
    /// Walks children. Without the gate the walk may stray when the parent changes under it, which the parent's
    /// <see cref="IsUnchanged"/> then tells; it ends all the same.
    /// </summary>
    public struct Enumerator(NodeStore store, int first, int count)
    {
        private int _next = first;
        private int _left = count;

        public DataNode Current { get; private set; }

        public bool MoveNext()
        {
            if (_next == 0 || _left-- <= 0)
                return false;
            ref NodeRecord node = ref store.Node(_next);
            Current = new DataNode(store, _next, Volatile.Read(ref node.Sequence));
            _next = Volatile.Read(ref node.NextSibling);
            return true;
        }
    }
}
