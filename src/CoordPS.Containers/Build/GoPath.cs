namespace CoordPS.Containers;

/// <summary>Paths as the docker command sees them: slashes on every system.</summary>
internal static class GoPath
{
    /// <summary>The shortest path that means the same: no empty names, no dots, no names before a double dot; a dot for nothing.</summary>
    public static string Clean(string path)
    {
        bool rooted = path.StartsWith('/');
        var names = new List<string>();
        foreach (string name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (name == ".")
                continue;
            if (name != "..")
                names.Add(name);
            else if (names.Count > 0 && names[^1] != "..")
                names.RemoveAt(names.Count - 1);
            else if (!rooted)
                names.Add(name);
        }

        string joined = string.Join('/', names);
        return rooted ? $"/{joined}" : joined.Length == 0 ? "." : joined;
    }

    /// <summary>A path of this system with slashes.</summary>
    public static string FromSystem(string path) => OperatingSystem.IsWindows() ? path.Replace('\\', '/') : path;

    /// <summary>A path without symbolic links; what does not exist stays as it is.</summary>
    public static string Resolve(string path)
    {
        string full = Path.GetFullPath(path);
        string root = Path.GetPathRoot(full)!;
        string resolved = root;
        foreach (string name in full[root.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries))
        {
            string next = Path.Combine(resolved, name);
            FileSystemInfo? target = Directory.Exists(next) ? Directory.ResolveLinkTarget(next, returnFinalTarget: true)
                : File.Exists(next) ? File.ResolveLinkTarget(next, returnFinalTarget: true)
                : null;
            // The target's own folders may be links in turn.
            resolved = target is null ? next : Resolve(target.FullName);
        }

        return resolved;
    }
}
