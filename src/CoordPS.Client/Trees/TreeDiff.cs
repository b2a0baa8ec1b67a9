using System.Runtime.CompilerServices;
using CoordPS.Protocol;

namespace CoordPS.Client.Trees;

/// <summary>Compares two trees by walking both at once: it holds no more of them than their sources read ahead.</summary>
public static class TreeDiff
{
    /// <summary>
    /// What the trees have at each path of either, in the order of the paths, equal znodes included. Where one tree can't be read at a path,
    /// the other is passed over there and below: what is unknown is not reported as missing.
    /// </summary>
    /// <param name="reference">The reference tree.</param>
    /// <param name="difference">The other tree.</param>
    /// <param name="ct">Ends the comparison.</param>
    public static async IAsyncEnumerable<TreePair> CompareAsync(
        ITreeSource reference, ITreeSource difference, [EnumeratorCancellation] CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(reference);
        ArgumentNullException.ThrowIfNull(difference);
        IAsyncEnumerator<TreeNode> left = reference.ReadAsync(ct).GetAsyncEnumerator(ct);
        await using ConfiguredAsyncDisposable leftEnd = left.ConfigureAwait(false);
        IAsyncEnumerator<TreeNode> right = difference.ReadAsync(ct).GetAsyncEnumerator(ct);
        await using ConfiguredAsyncDisposable rightEnd = right.ConfigureAwait(false);
        TreeNode? a = await NextAsync(left).ConfigureAwait(false), b = await NextAsync(right).ConfigureAwait(false);
        string? unknownLeft = null, unknownRight = null;
        while (a is not null || b is not null)
        {
            int order = a is null ? 1 : b is null ? -1 : TreePath.Compare(a.Path, b.Path);
            TreeNode? x = order <= 0 ? a : null, y = order >= 0 ? b : null;
            string path = (x ?? y)!.Path;
            if ((x?.Failure ?? y?.Failure) is { } failure)
            {
                if (x?.Failure is not null)
                    unknownLeft = path;
                if (y?.Failure is not null)
                    unknownRight = path;
                yield return new TreePair(path, null, null, TreeDifferences.None, failure);
            }
            else if (x is not null && y is not null)
            {
                yield return new TreePair(path, x, y, TreeNode.Compare(x, y), null);
            }
            else if (x is not null && !IsUnknown(path, unknownRight))
            {
                yield return new TreePair(path, x, null, TreeDifferences.OnlyInReference, null);
            }
            else if (y is not null && !IsUnknown(path, unknownLeft))
            {
                yield return new TreePair(path, null, y, TreeDifferences.OnlyInDifference, null);
            }

            if (x is not null)
                a = await NextAsync(left).ConfigureAwait(false);
            if (y is not null)
                b = await NextAsync(right).ConfigureAwait(false);
        }
    }

    private static bool IsUnknown(string path, string? unknown) => unknown is not null && ZPath.IsSameOrBelow(path, unknown);

    private static async ValueTask<TreeNode?> NextAsync(IAsyncEnumerator<TreeNode> nodes) =>
        await nodes.MoveNextAsync().ConfigureAwait(false) ? nodes.Current : null;
}
