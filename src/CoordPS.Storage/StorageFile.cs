using System.Globalization;

namespace CoordPS.Storage;

/// <summary>A log or snapshot file. Its name ends in a zxid: of a log's first transaction, or of the last one a snapshot surely has.</summary>
/// <param name="FullName">Full path.</param>
/// <param name="Zxid">The zxid in the name.</param>
/// <param name="Length">Bytes, preallocated ones included.</param>
/// <param name="LastWriteTimeUtc">When it was last written.</param>
public sealed record StorageFile(string FullName, long Zxid, long Length, DateTime LastWriteTimeUtc)
{
    /// <summary>The file's name without its directory.</summary>
    public string Name => Path.GetFileName(FullName);

    internal const string LogPrefix = "log.";
    internal const string SnapshotPrefix = "snapshot.";

    internal static string LogName(long zxid) => LogPrefix + zxid.ToString("x", CultureInfo.InvariantCulture);

    internal static string SnapshotName(long zxid) => SnapshotPrefix + zxid.ToString("x", CultureInfo.InvariantCulture);

    /// <summary>The zxid in a file name of the form <c>prefix.hex</c> or <c>prefix.hex.extension</c>, as Apache reads it.</summary>
    internal static bool TryParse(ReadOnlySpan<char> name, string prefix, out long zxid)
    {
        zxid = -1;
        if (!name.StartsWith(prefix, StringComparison.Ordinal))
            return false;
        name = name[prefix.Length..];
        int dot = name.IndexOf('.');
        return long.TryParse(dot < 0 ? name : name[..dot], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out zxid) && zxid >= 0;
    }

    /// <summary>The files of a directory that have a prefix and a zxid, oldest first.</summary>
    internal static List<StorageFile> List(string directory, string prefix)
    {
        var files = new List<StorageFile>();
        try
        {
            foreach (FileInfo file in new DirectoryInfo(directory).EnumerateFiles(prefix + "*"))
            {
                if (TryParse(file.Name, prefix, out long zxid))
                    files.Add(new StorageFile(file.FullName, zxid, file.Length, file.LastWriteTimeUtc));
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageException($"Can't list '{directory}': {e.Message} Check that it exists and may be read.", directory, e);
        }

        files.Sort((x, y) => x.Zxid != y.Zxid ? x.Zxid.CompareTo(y.Zxid) : string.CompareOrdinal(x.FullName, y.FullName));
        return files;
    }
}
