using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>
/// Paths as PowerShell hands them to the provider: servers, chroot and names, with this system's separator. A backslash in a name, which
/// PowerShell takes for a separator everywhere, is written as U+F05C, as Cygwin and WSL do: names of znodes can't have characters of that
/// range, so nothing else can be meant.
/// </summary>
internal static class ProviderPath
{
    /// <summary>Where characters that can't be written as they are have their place.</summary>
    private const int Range = 0xF000;

    /// <summary>The characters that can't.</summary>
    private const string Moved = @"\:[]";

    private const char Backslash = (char)('\\' + Range);
    private const char Colon = (char)(':' + Range);

    private static readonly char Other = Path.DirectorySeparatorChar == '/' ? '\\' : '/';

    private static char Separator => Path.DirectorySeparatorChar;

    /// <summary>The root of a drive: <c>host:2181/</c>, or <c>host:2181/chroot</c>.</summary>
    /// <param name="connectionString">Servers and chroot.</param>
    /// <param name="driveName">The drive's name.</param>
    public static string Root(string connectionString, string driveName)
    {
        int slash = connectionString.IndexOf('/', StringComparison.Ordinal);
        string servers = slash < 0 ? connectionString : connectionString[..slash];
        servers = string.Join(',', servers.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
        return Plain(servers) + Below(slash < 0 ? ZPath.Root : connectionString[slash..].TrimEnd(), driveName);
    }

    /// <summary>Servers and chroot of a drive's root.</summary>
    public static string ConnectionString(string root)
    {
        string normal = Normalize(root);
        int separator = normal.IndexOf(Separator, StringComparison.Ordinal);
        return separator < 0 ? Unescape(normal) : Unescape(normal[..separator]) + Unescape(normal[separator..].TrimEnd(Separator)).Replace(Separator, '/');
    }

    /// <summary>The provider's path of a znode.</summary>
    /// <param name="root">The drive's root.</param>
    /// <param name="path">The znode's path.</param>
    /// <param name="driveName">The drive's name.</param>
    public static string Of(string root, string path, string driveName) => root.TrimEnd(Separator) + Below(path, driveName);

    /// <summary>The path of a znode, or null if the provider's path is not below the root.</summary>
    public static string? ZNodePath(string root, string path)
    {
        string normal = Normalize(path), top = root.TrimEnd(Separator);
        if (!normal.StartsWith(top, StringComparison.Ordinal))
            return null;
        string below = normal[top.Length..].TrimEnd(Separator);
        if (below.Length == 0)
            return ZPath.Root;
        return below[0] == Separator ? Unescape(below.Replace(Separator, '/')) : null;
    }

    /// <summary>A name as a part of a path.</summary>
    /// <param name="name">The name.</param>
    /// <param name="parent">The path of the znode's parent.</param>
    /// <param name="driveName">PowerShell takes a first name that begins with the drive's and a colon for a path of the drive.</param>
    public static string Escape(string name, string parent, string driveName)
    {
        string escaped = name.Replace('\\', Backslash);
        return parent == ZPath.Root && escaped.StartsWith(driveName + ":", StringComparison.OrdinalIgnoreCase)
            ? string.Concat(escaped.AsSpan(0, driveName.Length), [Colon], escaped.AsSpan(driveName.Length + 1))
            : escaped;
    }

    /// <summary>The name that a part of a path stands for.</summary>
    public static string Unescape(string part) => string.Concat(part.Select(c => c >= Range && Moved.Contains((char)(c - Range), StringComparison.Ordinal) ? (char)(c - Range) : c));

    /// <summary>The path with this system's separator only.</summary>
    public static string Normalize(string path) => path.Replace(Other, Separator);

    /// <summary>Two parts of a path in one. Without a second it ends with a separator, as PowerShell's own providers have it.</summary>
    public static string Combine(string? parent, string? child)
    {
        string first = Normalize(parent ?? ""), second = Normalize(child ?? "");
        if (first.Length == 0)
            return second;
        if (second.StartsWith(Separator))
            second = second[1..];
        return first.EndsWith(Separator) ? first + second : first + Separator + second;
    }

    /// <summary>All but the last part; empty when there is none.</summary>
    public static string Parent(string path, string root)
    {
        string normal = Normalize(path).TrimEnd(Separator);
        if (string.Equals(normal, Normalize(root), StringComparison.Ordinal))
            return "";
        int last = normal.LastIndexOf(Separator);
        return last < 0 ? "" : normal[..Math.Max(last, 1)];
    }

    /// <summary>The last part.</summary>
    public static string Leaf(string path)
    {
        string normal = Normalize(path).TrimEnd(Separator);
        return normal[(normal.LastIndexOf(Separator) + 1)..];
    }

    /// <summary>
    /// An address such as <c>[::1]</c> in characters of the same range: PowerShell takes what is before two colons for a provider, and brackets for
    /// wildcards.
    /// </summary>
    private static string Plain(string servers)
    {
        bool within = false;
        return string.Concat(servers.Select(c =>
        {
            within = c == '[' || (within && c != ']');
            return c is '[' or ']' || (within && c == ':') ? (char)(c + Range) : c;
        }));
    }

    private static string Below(string path, string driveName)
    {
        if (path == ZPath.Root)
            return Separator.ToString();
        string[] names = path.Split('/');
        for (int i = 0; i < names.Length; i++)
            names[i] = Escape(names[i], i == 1 ? ZPath.Root : "", driveName);
        return string.Join(Separator, names);
    }
}
