using CoordPS.Protocol;

namespace CoordPS.Client.Trees;

/// <summary>A znode as a part of a tree that is copied, compared or kept in an archive: what makes it the same znode elsewhere.</summary>
/// <param name="path">See <see cref="Path"/>.</param>
public sealed class TreeNode(string path)
{
    /// <summary>The path within the tree, see <see cref="TreePath"/>.</summary>
    public string Path { get; } = path;

    /// <summary>The data; null and empty are kept apart.</summary>
    public byte[]? Data { get; init; }

    /// <summary>The access control list; default: open to everyone.</summary>
    public IReadOnlyList<Acl> Acl { get; init; } = Protocol.Acl.OpenUnsafe;

    /// <summary>
    /// The mode, never a sequential one. Null where it is not known beyond being no ephemeral: servers tell clients of ephemerals only, and
    /// containers and znodes with a time to live read as persistent.
    /// </summary>
    public CreateMode? Mode { get; init; }

    /// <summary>The time to live of a znode that has one.</summary>
    public TimeSpan? Ttl { get; init; }

    /// <summary>Why the znode, or its children, could not be read; the rest is meaningless then, and what is below it is missing.</summary>
    public Exception? Failure { get; init; }

    /// <summary>Whether the servers left out parts of the list, as they do for those who may not change it.</summary>
    public bool HasMaskedAcl => Acl.Any(static entry => entry.Id.Scheme == "digest" && entry.Id.Id.EndsWith(":x", StringComparison.Ordinal));

    /// <summary>The same znode, open to everyone.</summary>
    public TreeNode WithoutAcl() => ReferenceEquals(Acl, Protocol.Acl.OpenUnsafe) ? this : new TreeNode(Path) { Data = Data, Mode = Mode, Ttl = Ttl };

    /// <summary>In what two znodes of the same path differ.</summary>
    internal static TreeDifferences Compare(TreeNode a, TreeNode b) =>
        (SameData(a.Data, b.Data) ? TreeDifferences.None : TreeDifferences.Data)
        | (SameAcl(a.Acl, b.Acl) ? TreeDifferences.None : TreeDifferences.Acl)
        | (SameMode(a, b) ? TreeDifferences.None : TreeDifferences.Mode);

    /// <inheritdoc/>
    public override string ToString() => Path;

    private static bool SameData(byte[]? a, byte[]? b) => a is null ? b is null : b is not null && a.AsSpan().SequenceEqual(b);

    private static bool SameAcl(IReadOnlyList<Acl> a, IReadOnlyList<Acl> b)
    {
        if (ReferenceEquals(a, b))
            return true;
        if (a.Count != b.Count)
            return false;
        // The order of the entries means nothing.
        return a.SequenceEqual(b) || a.OrderBy(static e => e.ToString(), StringComparer.Ordinal).SequenceEqual(b.OrderBy(static e => e.ToString(), StringComparer.Ordinal));
    }

    private static bool SameMode(TreeNode a, TreeNode b)
    {
        if (a.Mode is { } x && b.Mode is { } y)
            return x == y && a.Ttl == b.Ttl;
        return a.Mode?.IsEphemeral != true && b.Mode?.IsEphemeral != true;
    }
}
