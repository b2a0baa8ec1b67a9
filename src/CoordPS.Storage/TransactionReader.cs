using System.Runtime.CompilerServices;

namespace CoordPS.Storage;

/// <summary>Streams the transactions of logs as objects. Memory does not grow with the logs.</summary>
public static class TransactionReader
{
    // A preallocated file does not grow when it is written to, and network file systems tell nobody; so the file is looked at.
    private static readonly TimeSpan FollowInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>Reads a log file, or all logs of a directory as one, in the order of their zxids.</summary>
    /// <param name="path">A log file, a <c>version-2</c> directory, or a data directory.</param>
    /// <param name="filter">What is wanted; null for all.</param>
    /// <param name="torn">Told of a torn tail, once the end is reached.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="CorruptLogException">While enumerating: a log is damaged; the exception says where.</exception>
    /// <exception cref="StorageException">While enumerating: a file can't be read.</exception>
    public static IEnumerable<LoggedTransaction> Read(
        string path, TransactionFilter? filter = null, Action<TornTail>? torn = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        filter ??= new TransactionFilter();
        return Directory.Exists(path) ? ReadDirectory(StoragePath.VersionDirectory(path), filter, torn, cancellationToken)
            : ReadFile(path, filter, torn, cancellationToken);
    }

    /// <summary>
    /// Reads as <see cref="Read"/> does and then waits for what is appended, in new files too, until it is cancelled. A record that is
    /// written in part is waited for.
    /// </summary>
    /// <param name="path">A log file, a <c>version-2</c> directory, or a data directory.</param>
    /// <param name="filter">What is wanted; null for all.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="CorruptLogException">While enumerating: a log is damaged.</exception>
    /// <exception cref="StorageException">While enumerating: a file can't be read.</exception>
    public static async IAsyncEnumerable<LoggedTransaction> FollowAsync(
        string path, TransactionFilter? filter = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        filter ??= new TransactionFilter();
        bool isDirectory = Directory.Exists(path);
        string directory = isDirectory ? StoragePath.VersionDirectory(path) : "";
        long last = Math.Max(0, filter.FromZxid - 1);
        TxnLogReader? reader = null;
        try
        {
            while (true)
            {
                reader ??= isDirectory ? Next(directory, null, last) : new TxnLogReader(path);
                // Looked for before the end is: what was appended before the next file was begun is read then.
                TxnLogReader? next = isDirectory && reader is not null ? Next(directory, reader.FileName, last) : null;
                while (reader?.Read() == true)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    TxnLogRecord record = reader.Current;
                    if (record.Zxid <= last)
                        continue;
                    last = record.Zxid;
                    if (last > filter.ToZxid)
                        yield break;
                    if (Decode(record, filter) is { } transaction)
                        yield return transaction;
                }

                if (next is not null)
                {
                    reader!.Dispose();
                    reader = next;
                    continue;
                }

                await Task.Delay(FollowInterval, cancellationToken).ConfigureAwait(false);
                reader?.Resume();
            }
        }
        finally
        {
            reader?.Dispose();
        }
    }

    private static IEnumerable<LoggedTransaction> ReadFile(string file, TransactionFilter filter, Action<TornTail>? torn, CancellationToken cancellationToken)
    {
        using var reader = new TxnLogReader(file);
        while (reader.Read())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (reader.Current.Zxid > filter.ToZxid)
                yield break;
            if (Decode(reader.Current, filter) is { } transaction)
                yield return transaction;
        }

        if (reader.Torn is { } tail)
            torn?.Invoke(tail);
    }

    private static IEnumerable<LoggedTransaction> ReadDirectory(string directory, TransactionFilter filter, Action<TornTail>? torn, CancellationToken cancellationToken)
    {
        using TxnLogDirectoryReader reader = TxnLogDirectory.Open(directory, filter.FromZxid);
        while (reader.Read())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (reader.Current.Zxid > filter.ToZxid)
                yield break;
            if (Decode(reader.Current, filter) is { } transaction)
                yield return transaction;
        }

        foreach (TornTail tail in reader.TornTails)
            torn?.Invoke(tail);
    }

    private static LoggedTransaction? Decode(in TxnLogRecord record, TransactionFilter filter)
    {
        if (!filter.Matches(record.Header))
            return null;
        LoggedTransaction transaction = LoggedTransaction.Decode(record);
        return filter.Matches(transaction) ? transaction : null;
    }

    /// <summary>The file to read after one, or to begin with for what comes after a zxid; null when there is none yet.</summary>
    private static TxnLogReader? Next(string directory, string? after, long last)
    {
        IReadOnlyList<StorageFile> files = TxnLogDirectory.Files(directory);
        int index = after is null ? TxnLogDirectory.FirstNeeded(files, last + 1) : files.TakeWhile(file => file.FullName != after).Count() + 1;
        return index < files.Count ? new TxnLogReader(files[index].FullName) : null;
    }
}
