using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace CoordPS.Storage;

/// <summary>The snapshots of a <c>version-2</c> directory.</summary>
public static class SnapshotDirectory
{
    // Apache gives up after as many.
    private const int MostCandidates = 100;
    private const int SmallestSnapshot = 10;

    /// <summary>The directory's snapshots, oldest first, valid or not.</summary>
    /// <exception cref="StorageException">The directory can't be listed.</exception>
    public static IReadOnlyList<StorageFile> Files(string directory) => StorageFile.List(directory, StorageFile.SnapshotPrefix);

    /// <summary>
    /// The newest snapshots that look complete, newest first. That is Apache's test: a plain one ends as a snapshot does, a compressed
    /// one begins as its format does. Only reading one verifies it.
    /// </summary>
    /// <param name="directory">The <c>version-2</c> directory.</param>
    /// <param name="count">The most to return.</param>
    /// <param name="logger">Told of each that is passed over, and why.</param>
    /// <exception cref="StorageException">The directory can't be listed.</exception>
    public static IReadOnlyList<StorageFile> FindComplete(string directory, int count = MostCandidates, ILogger? logger = null)
    {
        var found = new List<StorageFile>();
        foreach (StorageFile file in Files(directory).Reverse())
        {
            if (found.Count == count)
                break;
            if (Incompleteness(file) is { } reason)
                (logger ?? NullLogger.Instance).LogWarning("Passing over snapshot {File}: {Reason}.", file.FullName, reason);
            else
                found.Add(file);
        }

        return found;
    }

    /// <summary>
    /// Loads the newest snapshot that is valid. One that is not is passed over with a warning: the logs since an older one may still
    /// hold everything, and <see cref="TxnLogReadOptions.RequireContinuity"/> tells whether they do.
    /// </summary>
    /// <param name="directory">The <c>version-2</c> directory.</param>
    /// <param name="load">
    /// Reads all znodes of a snapshot and returns what it made of them. Called again, for an older snapshot, when it throws a
    /// <see cref="StorageException"/>.
    /// </param>
    /// <param name="value">What <paramref name="load"/> returned.</param>
    /// <param name="file">The snapshot it was made of.</param>
    /// <param name="logger">Told of each snapshot that is passed over, and why.</param>
    /// <param name="before">Only snapshots of a smaller zxid are considered.</param>
    /// <returns>False when there is no snapshot that looks complete.</returns>
    /// <exception cref="StorageException">There are such snapshots, and none is valid.</exception>
    public static bool TryLoad<T>(
        string directory, Func<SnapshotReader, T> load, [MaybeNullWhen(false)] out T value, [NotNullWhen(true)] out StorageFile? file, ILogger? logger = null,
        long before = long.MaxValue)
    {
        ArgumentNullException.ThrowIfNull(load);
        logger ??= NullLogger.Instance;
        StorageException? failure = null;
        foreach (StorageFile candidate in FindComplete(directory, MostCandidates, logger).Where(file => file.Zxid < before))
        {
            try
            {
                using var reader = new SnapshotReader(candidate.FullName);
                value = load(reader);
                if (!reader.IsComplete)
                    throw new InvalidOperationException("A snapshot has to be read to its end: the checksum is there.");
                file = candidate;
                return true;
            }
            catch (StorageException e)
            {
                failure ??= e;
                logger.LogWarning(e, "Passing over snapshot {File}: {Reason}", candidate.FullName, e.Message);
            }
        }

        value = default;
        file = null;
        return failure is null
            ? false
            : throw new StorageException(
                $"None of the snapshots in '{directory}' is valid. {failure.Message} "
                + "Restore one from a backup; or, in an ensemble with a healthy quorum, move this member's version-2 directories away and start it.",
                directory, failure);
    }

    /// <summary>Null when the file looks like a complete snapshot, else why not.</summary>
    private static string? Incompleteness(StorageFile file)
    {
        try
        {
            using var handle = File.OpenHandle(file.FullName, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            long length = RandomAccess.GetLength(handle);
            if (file.Name.EndsWith(".gz", StringComparison.OrdinalIgnoreCase))
                return Matches(0, [0x1f, 0x8b]) ? null : "it is no gzip file";
            if (file.Name.EndsWith(".snappy", StringComparison.OrdinalIgnoreCase))
                return Matches(0, [0x82, (byte)'S', (byte)'N', (byte)'A', (byte)'P', (byte)'P', (byte)'Y', 0]) ? null : "it is no snappy file";
            return length >= SmallestSnapshot && Matches(length - 5, [0, 0, 0, 1, (byte)'/']) ? null : "its end is missing";

            bool Matches(long offset, ReadOnlySpan<byte> expected)
            {
                Span<byte> actual = stackalloc byte[8];
                actual = actual[..expected.Length];
                return RandomAccess.Read(handle, actual, offset) == expected.Length && actual.SequenceEqual(expected);
            }
        }
        catch (Exception e) when (TxnLog.IsIoFailure(e))
        {
            return e.Message;
        }
    }
}
