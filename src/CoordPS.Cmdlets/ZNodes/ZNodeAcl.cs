using CoordPS.Protocol;

namespace CoordPS;

/// <summary>The access control list of a znode.</summary>
public sealed class ZNodeAcl
{
    internal ZNodeAcl(CoordSession session, string path, IReadOnlyList<Acl> acl, Stat stat)
    {
        Session = session;
        Path = path;
        Acl = acl;
        AclVersion = stat.Aversion;
    }

    /// <summary>The znode.</summary>
    public string Path { get; }

    /// <summary>The entries.</summary>
    public IReadOnlyList<Acl> Acl { get; }

    /// <summary>Number of changes to the list (aversion): what <c>Set-ZNodeAcl -Version</c> compares.</summary>
    public int AclVersion { get; }

    /// <summary>The session it was read with.</summary>
    public CoordSession Session { get; }

    /// <summary>The entries as zkCli writes them.</summary>
    public override string ToString() => string.Join(",", Acl);
}
