using CoordPS.Protocol;
using CoordPS.Storage;

namespace CoordPS;

/// <summary>A znode as a snapshot has it.</summary>
public sealed class SnapshotZNode
{
    internal SnapshotZNode(string file, SnapshotNode node)
    {
        File = file;
        Path = node.Path;
        Data = node.Data;
        Acl = node.Acl;
        Stat = node.Stat;
    }

    /// <summary>The path.</summary>
    public string Path { get; }

    /// <summary>The last name of the path; <c>/</c> for the root.</summary>
    public string Name => Path.Length == 1 ? Path : ZPath.Name(Path);

    /// <summary>The data; null and empty are told apart.</summary>
    public byte[]? Data { get; }

    /// <summary>Bytes of data.</summary>
    public int DataLength => Data?.Length ?? 0;

    /// <summary>The access control list; null when a snapshot that was taken while transactions went on does not have it yet.</summary>
    public IReadOnlyList<Acl>? Acl { get; }

    /// <summary>All metadata, as the file has it.</summary>
    public StatPersisted Stat { get; }

    /// <summary>How long the znode lives.</summary>
    public ZNodeMode Mode => Protocol.EphemeralOwner.KindOf(Stat.EphemeralOwner) switch
    {
        EphemeralKind.Ephemeral => ZNodeMode.Ephemeral,
        EphemeralKind.Container => ZNodeMode.Container,
        EphemeralKind.Ttl => ZNodeMode.Ttl,
        _ => ZNodeMode.Persistent,
    };

    /// <summary>The time to live, of a znode that has one.</summary>
    public TimeSpan? TimeToLive => Mode == ZNodeMode.Ttl ? TimeSpan.FromMilliseconds(Protocol.EphemeralOwner.TtlOf(Stat.EphemeralOwner)) : null;

    /// <summary>The session that owns an ephemeral; 0 for any other znode.</summary>
    public long EphemeralOwner => Mode == ZNodeMode.Ephemeral ? Stat.EphemeralOwner : 0;

    /// <summary>Number of changes to the data (dataVersion).</summary>
    public int Version => Stat.Version;

    /// <summary>Number of changes to the access control list (aversion).</summary>
    public int AclVersion => Stat.Aversion;

    /// <summary>When it was created (ctime), in local time.</summary>
    public DateTimeOffset Created => DateTimeOffset.FromUnixTimeMilliseconds(Stat.Ctime).ToLocalTime();

    /// <summary>When its data was last set (mtime), in local time.</summary>
    public DateTimeOffset Modified => DateTimeOffset.FromUnixTimeMilliseconds(Stat.Mtime).ToLocalTime();

    /// <summary>The transaction that created it.</summary>
    public long Czxid => Stat.Czxid;

    /// <summary>The transaction that last set its data.</summary>
    public long Mzxid => Stat.Mzxid;

    /// <summary>The transaction that last created or removed a child.</summary>
    public long Pzxid => Stat.Pzxid;

    /// <summary>The data on one short line, for tables.</summary>
    public string? Preview => DataText.Preview(Data);

    /// <summary>Full path of the snapshot.</summary>
    public string File { get; }

    /// <summary>The path.</summary>
    public override string ToString() => Path;
}

/// <summary>A session that was open when a snapshot was taken.</summary>
public sealed class SnapshotSession
{
    internal SnapshotSession(string file, long id, int timeoutMilliseconds)
    {
        File = file;
        SessionId = id;
        Timeout = TimeSpan.FromMilliseconds(timeoutMilliseconds);
    }

    /// <summary>The session.</summary>
    public long SessionId { get; }

    /// <summary>Its timeout.</summary>
    public TimeSpan Timeout { get; }

    /// <summary>Full path of the snapshot.</summary>
    public string File { get; }

    /// <summary>The session in hexadecimal.</summary>
    public override string ToString() => $"0x{SessionId:x}";
}
