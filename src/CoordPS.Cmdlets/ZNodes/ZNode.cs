using CoordPS.Protocol;

namespace CoordPS;

/// <summary>A znode as it was when it was read: path, data and all of its Stat.</summary>
public sealed class ZNode
{
    internal ZNode(CoordSession session, string path, Stat stat)
    {
        Session = session;
        Path = path;
        Version = stat.Version;
        ChildVersion = stat.Cversion;
        AclVersion = stat.Aversion;
        Created = DateTimeOffset.FromUnixTimeMilliseconds(stat.Ctime).ToLocalTime();
        Modified = DateTimeOffset.FromUnixTimeMilliseconds(stat.Mtime).ToLocalTime();
        Czxid = stat.Czxid;
        Mzxid = stat.Mzxid;
        Pzxid = stat.Pzxid;
        DataLength = stat.DataLength;
        ChildCount = stat.NumChildren;
        EphemeralOwner = stat.EphemeralOwner;
        Mode = Protocol.EphemeralOwner.KindOf(stat.EphemeralOwner) == EphemeralKind.Ephemeral ? ZNodeMode.Ephemeral : ZNodeMode.Persistent;
    }

    /// <summary>The path, relative to the session's chroot.</summary>
    public string Path { get; }

    /// <summary>The last name of the path; <c>/</c> for the root.</summary>
    public string Name => Path.Length == 1 ? Path : ZPath.Name(Path);

    /// <summary>The data as it is stored. Null when the znode has none, or when it was not read (<see cref="HasData"/>).</summary>
    public byte[]? Data { get; init; }

    /// <summary>The data as text, as an object read from JSON, or as bytes: what <c>-As</c> and <c>-Encoding</c> asked for.</summary>
    public object? Value { get; init; }

    /// <summary>Whether the data was read; not with <c>-NoData</c>.</summary>
    public bool HasData { get; init; }

    /// <summary>How long the znode lives. Servers tell of ephemerals only: containers and znodes with a time to live read as persistent.</summary>
    public ZNodeMode Mode { get; init; }

    /// <summary>The time to live that the znode was created with; only of what <c>New-ZNode</c> emits.</summary>
    public TimeSpan? TimeToLive { get; init; }

    /// <summary>Number of changes to the data (dataVersion); wraps as a 32-bit integer.</summary>
    public int Version { get; }

    /// <summary>Number of changes to the set of children (cversion).</summary>
    public int ChildVersion { get; }

    /// <summary>Number of changes to the access control list (aversion).</summary>
    public int AclVersion { get; }

    /// <summary>When it was created (ctime), in local time.</summary>
    public DateTimeOffset Created { get; }

    /// <summary>When its data was last set (mtime), in local time.</summary>
    public DateTimeOffset Modified { get; }

    /// <summary>The transaction that created it.</summary>
    public long Czxid { get; }

    /// <summary>The transaction that last set its data.</summary>
    public long Mzxid { get; }

    /// <summary>The transaction that last created or removed a child.</summary>
    public long Pzxid { get; }

    /// <summary>The session that owns an ephemeral; 0 for any other znode.</summary>
    public long EphemeralOwner { get; }

    /// <summary>Bytes of data.</summary>
    public int DataLength { get; }

    /// <summary>Number of children.</summary>
    public int ChildCount { get; }

    /// <summary>
    /// Itself: what cmdlets bind by this name to know the znode as it was read. (Binding it by value would have PowerShell try to convert each
    /// path that is piped to a znode, which costs more than the request.)
    /// </summary>
    public ZNode Node => this;

    /// <summary>The session it was read with.</summary>
    public CoordSession Session { get; }

    /// <summary>The data on one short line, for tables: text where it is text, else the first bytes in hexadecimal.</summary>
    public string? Preview => DataPreview.Of(Data);

    /// <summary>The path.</summary>
    public override string ToString() => Path;
}
