namespace CoordPS.Storage;

/// <summary>The transaction logs of a <c>version-2</c> directory, read as one.</summary>
public static class TxnLogDirectory
{
    /// <summary>The directory's log files, oldest first.</summary>
    /// <exception cref="StorageException">The directory can't be listed.</exception>
    public static IReadOnlyList<StorageFile> Files(string directory) => StorageFile.List(directory, StorageFile.LogPrefix);

    /// <summary>Opens the logs at a zxid, beginning with the file that may hold it.</summary>
    /// <param name="directory">The <c>version-2</c> directory.</param>
    /// <param name="fromZxid">The first transaction wanted; 0 for all.</param>
    /// <param name="options">How to read; null for the defaults.</param>
    /// <exception cref="StorageException">The directory can't be listed.</exception>
    public static TxnLogDirectoryReader Open(string directory, long fromZxid = 0, TxnLogReadOptions? options = null) =>
        new(directory, fromZxid, options ?? new TxnLogReadOptions());

    /// <summary>
    /// Streams the transactions from a zxid on, in order. Each record's memory is its own. To learn of a torn tail, use
    /// <see cref="Open"/>.
    /// </summary>
    /// <param name="directory">The <c>version-2</c> directory.</param>
    /// <param name="fromZxid">The first transaction wanted; 0 for all.</param>
    /// <param name="options">How to read; null for the defaults.</param>
    /// <exception cref="CorruptLogException">While enumerating: a log is corrupt before the tail.</exception>
    /// <exception cref="StorageException">While enumerating: the directory or a file can't be read.</exception>
    public static IEnumerable<TxnLogRecord> Read(string directory, long fromZxid = 0, TxnLogReadOptions? options = null)
    {
        using TxnLogDirectoryReader reader = Open(directory, fromZxid, options);
        while (reader.Read())
            yield return reader.Current.Copy();
    }

    /// <summary>The index of the file to begin with for a zxid: the last that does not begin after it, else the first.</summary>
    internal static int FirstNeeded(IReadOnlyList<StorageFile> files, long zxid)
    {
        int index = 0;
        for (int i = 0; i < files.Count && files[i].Zxid <= zxid; i++)
            index = i;
        return index;
    }

    internal static long Truncate(string directory, long zxid)
    {
        IReadOnlyList<StorageFile> files = Files(directory);
        if (files.Count == 0)
        {
            throw new StorageException(
                $"There are no transaction logs in '{directory}' to truncate after 0x{zxid:x}. Check dataLogDir, or that logs were not deleted.", directory);
        }

        long lastZxid = 0;
        for (int i = FirstNeeded(files, zxid); i >= 0 && lastZxid == 0; i--)
        {
            // Read first, so that a log that is corrupt before the zxid is left as it was found.
            long end = FindEnd(files[i].FullName, zxid, ref lastZxid);
            for (int later = files.Count - 1; later > i; later--)
                Change(files[later], file => File.Delete(file));
            files = [.. files.Take(i + 1)];
            Change(files[i], file =>
            {
                if (lastZxid == 0)
                {
                    File.Delete(file);
                    return;
                }

                using var handle = File.OpenHandle(file, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
                RandomAccess.SetLength(handle, end);
                DurableFile.Flush(handle);
            });
        }

        return lastZxid;
    }

    private static long FindEnd(string file, long zxid, ref long lastZxid)
    {
        using var reader = new TxnLogReader(file);
        long end = reader.EndOffset;
        while (lastZxid != zxid && reader.Read() && reader.Current.Zxid <= zxid)
        {
            end = reader.EndOffset;
            lastZxid = reader.Current.Zxid;
        }

        return end;
    }

    private static void Change(StorageFile file, Action<string> action)
    {
        try
        {
            action(file.FullName);
            DurableFile.FlushDirectory(Path.GetDirectoryName(file.FullName)!);
        }
        catch (Exception e) when (TxnLog.IsIoFailure(e) && e is not StorageException)
        {
            throw new StorageException($"Can't truncate transaction log '{file.FullName}': {e.Message} Check the disk and the file's permissions.", file.FullName, e);
        }
    }
}
