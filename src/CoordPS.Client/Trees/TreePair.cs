namespace CoordPS.Client.Trees;

/// <summary>What two trees have at a path.</summary>
/// <param name="Path">The path within the trees.</param>
/// <param name="Reference">The znode of the reference tree; null when it has none.</param>
/// <param name="Difference">The znode of the other tree; null when it has none.</param>
/// <param name="Differences">In what they differ.</param>
/// <param name="Failure">Why one of them, or what is below it, could not be read: nothing is said of either then.</param>
public readonly record struct TreePair(string Path, TreeNode? Reference, TreeNode? Difference, TreeDifferences Differences, Exception? Failure);
