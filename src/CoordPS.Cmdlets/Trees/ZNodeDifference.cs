using System.Text;
using CoordPS.Client.Trees;
using CoordPS.Protocol;

namespace CoordPS;

/// <summary>One thing in which the znodes at a path of two trees differ.</summary>
public sealed class ZNodeDifference
{
    private readonly TreeNode? _reference;
    private readonly TreeNode? _difference;

    internal ZNodeDifference(string path, TreeDifferences difference, TreeNode? reference, TreeNode? other)
    {
        Path = path;
        Difference = difference;
        _reference = reference;
        _difference = other;
    }

    /// <summary>The path, in the reference tree as it was named.</summary>
    public string Path { get; }

    /// <summary>In what they differ.</summary>
    public TreeDifferences Difference { get; }

    /// <summary>What the reference tree has: data as text or bytes, entries of an access control list, or a mode. Null when it has no such znode.</summary>
    public object? ReferenceValue => ValueOf(_reference);

    /// <summary>What the other tree has.</summary>
    public object? DifferenceValue => ValueOf(_difference);

    /// <inheritdoc/>
    public override string ToString() => $"{Path}: {Difference}";

    private object? ValueOf(TreeNode? node) => (Difference, node) switch
    {
        (_, null) => null,
        (TreeDifferences.Acl, _) => node.Acl.Select(static entry => entry.ToString()).ToArray(),
        (TreeDifferences.Mode, _) => node.Ttl is { } ttl ? $"{node.Mode} {ttl}" : $"{node.Mode ?? CreateMode.Persistent}",
        _ => node.Data is { } data && TreeNodeText.IsText(data) ? Encoding.UTF8.GetString(data) : node.Data,
    };
}
