namespace CoordPS.Server.Admin;

/// <summary>Adds up the files of a directory.</summary>
internal static class DirectorySize
{
    /// <summary>Bytes of all files below a directory; 0 when it does not exist. A file that a purge removes meanwhile is not counted.</summary>
    public static long Of(string directory)
    {
        var size = 0L;
        if (!Directory.Exists(directory))
        {
            return size;
        }

        foreach (var file in new DirectoryInfo(directory).EnumerateFiles("*", SearchOption.AllDirectories))
        {
            try
            {
                size += file.Length;
            }
            catch (FileNotFoundException)
            {
                continue;
            }
        }

        return size;
    }
}
