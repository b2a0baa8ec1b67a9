namespace CoordPS.Client.Trees;

/// <summary>
/// Where a tree is copied to. Changes come in an order in which each can be carried out at once: parents before children are created, children
/// before their parents are deleted. They may be carried out later, in that order, and are counted when they are.
/// </summary>
internal interface ITreeTarget
{
    /// <summary>What is there already.</summary>
    ITreeSource Existing { get; }

    /// <summary>The name of a path within the tree for messages.</summary>
    string NameOf(string path);

    /// <summary>Makes sure that the root of the tree can be created.</summary>
    Task PrepareAsync(CancellationToken ct);

    /// <summary>Creates a znode.</summary>
    ValueTask CreateAsync(TreeNode node, CancellationToken ct);

    /// <summary>Makes a znode equal to another in what they differ in.</summary>
    ValueTask UpdateAsync(TreeNode node, TreeDifferences differences, CancellationToken ct);

    /// <summary>Deletes a znode.</summary>
    ValueTask DeleteAsync(TreeNode node, CancellationToken ct);

    /// <summary>Waits until all changes are carried out.</summary>
    Task CompleteAsync(CancellationToken ct);
}
