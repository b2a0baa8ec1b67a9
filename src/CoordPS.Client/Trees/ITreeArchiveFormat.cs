namespace CoordPS.Client.Trees;

/// <summary>A form of a tree in one file: a header and then one znode after the other.</summary>
public interface ITreeArchiveFormat
{
    /// <summary>The name of the format.</summary>
    string Name { get; }

    /// <summary>Reads a file.</summary>
    /// <param name="stream">The file.</param>
    /// <param name="name">Its name, for messages.</param>
    ITreeArchiveReader OpenReader(Stream stream, string name);

    /// <summary>Writes a file.</summary>
    /// <param name="stream">The file: empty, or cut by <see cref="FindEnd"/>.</param>
    /// <param name="header">What to begin it with; null to go on with one that was cut.</param>
    /// <param name="count">The number of znodes that are in it already.</param>
    ITreeArchiveWriter OpenWriter(Stream stream, TreeArchiveHeader? header, long count);

    /// <summary>The place in an interrupted file up to which it is whole znodes, as bytes from its start; 0 when there is none.</summary>
    long FindEnd(Stream stream);
}

/// <summary>Reads a tree from a file.</summary>
public interface ITreeArchiveReader
{
    /// <summary>Reads what comes before the first znode.</summary>
    /// <exception cref="TreeArchiveException">The file does not hold a tree.</exception>
    ValueTask<TreeArchiveHeader> ReadHeaderAsync(CancellationToken ct);

    /// <summary>Reads the znodes in the order of the file.</summary>
    /// <param name="cut">Whether the file ends without its end, as one cut by <see cref="ITreeArchiveFormat.FindEnd"/> does.</param>
    /// <param name="ct">Ends the reading.</param>
    /// <exception cref="TreeArchiveException">The file is damaged or not whole.</exception>
    IAsyncEnumerable<TreeNode> ReadAsync(bool cut, CancellationToken ct);
}

/// <summary>Writes a tree to a file.</summary>
public interface ITreeArchiveWriter : IAsyncDisposable
{
    /// <summary>Writes a znode.</summary>
    ValueTask WriteAsync(TreeNode node, CancellationToken ct);

    /// <summary>Writes the end, without which the file is not whole.</summary>
    ValueTask CompleteAsync(CancellationToken ct);
}
