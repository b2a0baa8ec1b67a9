namespace CoordPS.Storage;

/// <summary>Finds a member's files by what people call them by: a file, its <c>version-2</c> directory, or the directory above.</summary>
public static class StoragePath
{
    /// <summary>The directory that has the files: <c>version-2</c> below the directory given, if there is one, else that itself.</summary>
    public static string VersionDirectory(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        string below = Path.Combine(directory, DataDirectory.VersionDirectory);
        return Directory.Exists(below) ? below : directory;
    }

    /// <summary>
    /// The data directories that a folder stands for: itself, or, if it is a local ensemble's, those of its members, in which there is a
    /// <c>myid</c>, in the order of their numbers.
    /// </summary>
    public static IReadOnlyList<string> DataDirectories(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        if (!Directory.Exists(folder) || Directory.Exists(Path.Combine(folder, DataDirectory.VersionDirectory)))
            return [folder];
        string[] members = [.. Directory.EnumerateDirectories(folder).Where(static d => File.Exists(Path.Combine(d, DataDirectory.MyIdFile)))];
        return members.Length > 0 ? [.. members.OrderBy(static d => d.Length).ThenBy(static d => d, StringComparer.Ordinal)] : [folder];
    }

    /// <summary>The snapshots that a path stands for: itself if it is no directory, else all in it, oldest first.</summary>
    /// <exception cref="StorageException">The directory can't be listed.</exception>
    public static IReadOnlyList<string> Snapshots(string path) => Directory.Exists(path)
        ? [.. SnapshotDirectory.Files(VersionDirectory(path)).Select(static file => file.FullName)]
        : [path];
}
