using CoordPS.Protocol;

namespace CoordPS.Client.Trees;

/// <summary>
/// Paths within a tree: <c>/</c> is its root, wherever that is. Their order is that of a walk, parents first and siblings by the UTF-16 code
/// units of their names: a slash sorts before everything else.
/// </summary>
public static class TreePath
{
    /// <summary>Compares two paths by the order of a walk.</summary>
    public static int Compare(string a, string b)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        int i = a.AsSpan().CommonPrefixLength(b);
        if (i == a.Length || i == b.Length)
            return a.Length.CompareTo(b.Length);
        if (a[i] == '/' || b[i] == '/')
            return a[i] == '/' ? -1 : 1;
        return a[i].CompareTo(b[i]);
    }

    /// <summary>The path in the ensemble of a path in the tree whose root is <paramref name="root"/>.</summary>
    public static string ToAbsolute(string root, string path)
    {
        ArgumentNullException.ThrowIfNull(root);
        ArgumentNullException.ThrowIfNull(path);
        return root.Length == 1 ? path : path.Length == 1 ? root : root + path;
    }

    /// <summary>The path in the tree whose root is <paramref name="root"/> of a path in the ensemble at or below that root.</summary>
    public static string ToRelative(string root, string path)
    {
        ArgumentNullException.ThrowIfNull(root);
        ArgumentNullException.ThrowIfNull(path);
        return root.Length == 1 ? path : path.Length == root.Length ? ZPath.Root : path[root.Length..];
    }
}
