using System.Runtime.CompilerServices;

namespace CoordPS.Client.Trees;

/// <summary>A tree in one file. While it is written it has the suffix <see cref="PartialSuffix"/>: a file without is whole.</summary>
/// <param name="path">The file.</param>
/// <param name="format">Its format.</param>
/// <param name="filter">Which parts of the tree to read; null for all.</param>
public sealed class TreeArchiveFile(string path, ITreeArchiveFormat format, TreeFilter? filter = null) : ITreeSource
{
    /// <summary>What the name of a file ends with that is not whole.</summary>
    public const string PartialSuffix = ".partial";

    private readonly string _path = Path.GetFullPath(path);

    /// <summary>Reads what the file says of the tree.</summary>
    /// <exception cref="TreeArchiveException">It can't be read, or does not hold a tree.</exception>
    public async Task<TreeArchiveHeader> ReadHeaderAsync(CancellationToken ct = default)
    {
        FileStream stream = Open(_path);
        await using ConfiguredAsyncDisposable end = stream.ConfigureAwait(false);
        return await format.OpenReader(stream, _path).ReadHeaderAsync(ct).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    /// <exception cref="TreeArchiveException">It can't be read, or is damaged.</exception>
    public IAsyncEnumerable<TreeNode> ReadAsync(CancellationToken ct = default) =>
        filter is null ? ReadInOrderAsync(ct) : filter.ApplyAsync(ReadInOrderAsync(ct), ct);

    /// <summary>
    /// Writes the file. One that was interrupted is gone on with after the last znode in it, if it is of the same tree: what it has is not
    /// read again.
    /// </summary>
    /// <param name="header">What to say of the tree.</param>
    /// <param name="source">The tree after a path, or as a whole for null.</param>
    /// <param name="resume">Whether to go on with an interrupted file; else it is begun anew.</param>
    /// <param name="onResume">Told when an interrupted file is gone on with: the header it has, and the number of znodes.</param>
    /// <param name="progress">Counts what is done.</param>
    /// <param name="ct">Ends it; what is written so far can be gone on with.</param>
    /// <exception cref="TreeArchiveException">It can't be written.</exception>
    public async Task WriteAsync(
        TreeArchiveHeader header, Func<string?, ITreeSource> source, bool resume, Action<TreeArchiveHeader, long>? onResume, TreeCopyProgress progress,
        CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(header);
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(progress);
        string partial = _path + PartialSuffix;
        try
        {
            if (Path.GetDirectoryName(_path) is { } folder)
                Directory.CreateDirectory(folder);
            var stream = new FileStream(partial, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
            await using (stream.ConfigureAwait(false))
            {
                (string? after, long count) = resume ? await FindEndAsync(stream, partial, header, onResume, ct).ConfigureAwait(false) : (null, 0);
                if (count == 0)
                    stream.SetLength(0);
                ITreeArchiveWriter writer = format.OpenWriter(stream, count == 0 ? header : null, count);
                await using (writer.ConfigureAwait(false))
                {
                    await foreach (TreeNode node in source(after).ReadAsync(ct).ConfigureAwait(false))
                    {
                        if (node.Failure is null)
                            await writer.WriteAsync(node, ct).ConfigureAwait(false);
                        progress.OnRead(node);
                    }

                    await writer.CompleteAsync(ct).ConfigureAwait(false);
                }
            }

            File.Move(partial, _path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TreeArchiveException(_path, e.Message.TrimEnd('.'), "Make room or give leave to write, and run it again to go on.", e);
        }
    }

    private static FileStream Open(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 0, FileOptions.SequentialScan | FileOptions.Asynchronous);
        }
        catch (Exception e) when (TreeArchiveException.IsOfFileSystem(e))
        {
            throw new TreeArchiveException(path, e.Message.TrimEnd('.'), "Choose a file that can be read.", e);
        }
    }

    private async Task<(string? After, long Count)> FindEndAsync(
        FileStream stream, string partial, TreeArchiveHeader header, Action<TreeArchiveHeader, long>? onResume, CancellationToken ct)
    {
        long end = format.FindEnd(stream);
        if (end == 0)
            return (null, 0);
        stream.SetLength(end);
        stream.Position = 0;
        string? after = null;
        long count = 0;
        try
        {
            ITreeArchiveReader reader = format.OpenReader(stream, partial);
            TreeArchiveHeader found = await reader.ReadHeaderAsync(ct).ConfigureAwait(false);
            if (found with { Exported = null } != header with { Exported = null })
                return (null, 0);
            await foreach (TreeNode node in reader.ReadAsync(cut: true, ct).ConfigureAwait(false))
            {
                after = node.Path;
                count++;
            }

            if (count > 0)
                onResume?.Invoke(found, count);
        }
        catch (TreeArchiveException)
        {
            // Something else is there, or what can't be gone on with: it is begun anew.
            return (null, 0);
        }

        stream.Position = end;
        return (after, count);
    }

    private async IAsyncEnumerable<TreeNode> ReadInOrderAsync([EnumeratorCancellation] CancellationToken ct)
    {
        FileStream stream = Open(_path);
        await using ConfiguredAsyncDisposable end = stream.ConfigureAwait(false);
        ITreeArchiveReader reader = format.OpenReader(stream, _path);
        TreeArchiveHeader header = await reader.ReadHeaderAsync(ct).ConfigureAwait(false);
        IAsyncEnumerable<TreeNode> nodes = reader.ReadAsync(cut: false, ct);
        if (!header.Sorted)
            nodes = SortAsync(nodes);
        string? previous = null;
        await foreach (TreeNode node in nodes.ConfigureAwait(false))
        {
            if (previous is not null && TreePath.Compare(previous, node.Path) is var order and >= 0)
            {
                throw new TreeArchiveException(_path,
                    order == 0 ? $"'{node.Path}' is in it twice" : $"'{node.Path}' comes after '{previous}', and the header says that the znodes are sorted",
                    order == 0 ? "Remove one of them." : "Remove 'sorted' from the header of a file that you change.");
            }

            previous = node.Path;
            yield return node;
        }
    }

    private static async IAsyncEnumerable<TreeNode> SortAsync(IAsyncEnumerable<TreeNode> nodes)
    {
        var all = new List<TreeNode>();
        await foreach (TreeNode node in nodes.ConfigureAwait(false))
            all.Add(node);
        foreach (TreeNode node in all.OrderBy(static node => node.Path, Comparer<string>.Create(TreePath.Compare)))
            yield return node;
    }
}
