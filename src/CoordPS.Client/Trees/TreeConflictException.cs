using CoordPS.Protocol;

namespace CoordPS.Client.Trees;

/// <summary>A znode exists already with other contents, and was not to be overwritten.</summary>
public sealed class TreeConflictException : ZooKeeperException
{
    internal TreeConflictException(string path, TreeDifferences differences)
        : base(ErrorCode.NodeExists, $"'{path}' exists already and differs in: {differences}", path, null,
            "It was left as it is. Choose another target, or overwrite what differs.") => Differences = differences;

    /// <summary>In what it differs.</summary>
    public TreeDifferences Differences { get; }
}
