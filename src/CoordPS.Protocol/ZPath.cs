namespace CoordPS.Protocol;

/// <summary>Paths of znodes: absolute, slash-separated, without a trailing slash (Apache's <c>PathUtils</c>).</summary>
public static class ZPath
{
    /// <summary>The root.</summary>
    public const string Root = "/";

    /// <summary>Throws unless the path is valid.</summary>
    /// <exception cref="ArgumentException">The path is not valid; the message says what and where.</exception>
    public static void Validate(string? path)
    {
        if (Check(path) is { } reason)
            throw new ArgumentException($"'{path}' is not a znode path: {reason}.", nameof(path));
    }

    /// <summary>Whether the path is valid.</summary>
    public static bool IsValid(string? path) => Check(path) is null;

    /// <summary>Null when the path is valid, else the reason it is not, without a full stop.</summary>
    public static string? Check(string? path)
    {
        if (string.IsNullOrEmpty(path))
            return "a path can't be empty";
        if (path[0] != '/')
            return "a path must start with '/'";
        if (path.Length == 1)
            return null;
        if (path[^1] == '/')
            return "a path must not end with '/'";
        for (int i = 1; i < path.Length; i++)
        {
            char c = path[i];
            bool ends = i + 1 == path.Length || path[i + 1] == '/';
            if (c == '\0')
                return $"null character at position {i}";
            if (c == '/' && path[i - 1] == '/')
                return $"empty name at position {i}";
            if (c == '.' && ends && (path[i - 1] == '/' || (path[i - 1] == '.' && path[i - 2] == '/')))
                return $"relative name at position {i}; paths are absolute";
            if (c is (> '\0' and <= '\u001f') or (>= '\u007f' and <= '\u009f') or (>= '\ud800' and <= '\uf8ff') or >= '\ufff0')
                return $"character U+{(int)c:X4} at position {i}, which names can't have";
        }

        return null;
    }

    /// <summary>The path of the parent; the root's parent is the root.</summary>
    public static string Parent(string path)
    {
        int slash = path.LastIndexOf('/');
        return slash <= 0 ? Root : path[..slash];
    }

    /// <summary>The last name of the path; empty for the root.</summary>
    public static string Name(string path) => path[(path.LastIndexOf('/') + 1)..];

    /// <summary>The path of a child.</summary>
    public static string Combine(string parent, string name) => parent.Length == 1 ? "/" + name : $"{parent}/{name}";

    /// <summary>Whether the path is the ancestor itself or below it.</summary>
    public static bool IsSameOrBelow(string path, string ancestor) =>
        ancestor.Length == 1 || (path.StartsWith(ancestor, StringComparison.Ordinal)
            && (path.Length == ancestor.Length || path[ancestor.Length] == '/'));

    /// <summary>The name of a sequential znode: the name asked for and the counter as ten digits, as Java's <c>%010d</c> writes it.</summary>
    public static string Sequential(string path, int counter)
    {
        // Java counts the sign of a counter that has wrapped as one of the ten places.
        string digits = counter >= 0 ? $"{counter:D10}" : $"-{-(long)counter:D9}";
        return path + digits;
    }
}
