namespace CoordPS.Client.Trees;

/// <summary>A tree that can be read: of an ensemble, a directory or a file.</summary>
public interface ITreeSource
{
    /// <summary>
    /// Reads the tree in the order of <see cref="TreePath.Compare"/>, each path once. Nothing comes of a tree that is not there, unless the
    /// source has to exist.
    /// </summary>
    /// <param name="ct">Ends the reading.</param>
    IAsyncEnumerable<TreeNode> ReadAsync(CancellationToken ct = default);
}
