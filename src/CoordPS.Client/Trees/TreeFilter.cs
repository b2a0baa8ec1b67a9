using System.Runtime.CompilerServices;
using CoordPS.Protocol;

namespace CoordPS.Client.Trees;

/// <summary>Chooses parts of a tree by their paths within it. The root is always part of it.</summary>
public sealed class TreeFilter
{
    /// <summary>Subtrees to keep, with the znodes above them; null for all.</summary>
    public Func<string, bool>? Include { get; init; }

    /// <summary>Subtrees to leave out, wanted or not.</summary>
    public Func<string, bool>? Exclude { get; init; }

    /// <summary>The chosen part of a tree that is read in order.</summary>
    internal async IAsyncEnumerable<TreeNode> ApplyAsync(IAsyncEnumerable<TreeNode> nodes, [EnumeratorCancellation] CancellationToken ct)
    {
        string? excluded = null, included = null;
        // Those above that have not been asked for yet.
        var above = new List<TreeNode>();
        await foreach (TreeNode node in nodes.WithCancellation(ct).ConfigureAwait(false))
        {
            if (excluded is not null && ZPath.IsSameOrBelow(node.Path, excluded))
                continue;
            if (node.Path != ZPath.Root && Exclude?.Invoke(node.Path) == true)
            {
                excluded = node.Path;
                continue;
            }

            while (above.Count > 0 && !ZPath.IsSameOrBelow(node.Path, above[^1].Path))
                above.RemoveAt(above.Count - 1);
            bool wanted = Include is null || node.Path == ZPath.Root || node.Failure is not null
                || (included is not null && ZPath.IsSameOrBelow(node.Path, included));
            if (!wanted && Include!(node.Path))
            {
                included = node.Path;
                wanted = true;
            }

            if (!wanted)
            {
                above.Add(node);
                continue;
            }

            foreach (TreeNode each in above)
                yield return each;
            above.Clear();
            yield return node;
        }
    }
}
