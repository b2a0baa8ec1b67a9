using CoordPS.Protocol;

namespace CoordPS.Client.Trees;

/// <summary>
/// Copies trees. A copy compares as it goes and writes only what differs, parents first, each znode whole: one that was interrupted leaves the
/// first part of the tree, and goes on where it was when it is run again.
/// </summary>
public static class TreeCopy
{
    /// <summary>Copies a tree to and below a znode. Ephemerals of the source become persistent.</summary>
    /// <param name="source">The tree.</param>
    /// <param name="client">The session to write with.</param>
    /// <param name="root">The znode that becomes the tree's root. Its parent has to exist.</param>
    /// <param name="existing">What of the target is compared and may be deleted; with the same exclusions as the source.</param>
    /// <param name="options">What to do about what is there.</param>
    /// <param name="progress">Counts what is done.</param>
    /// <param name="ct">Ends it; what was sent may still be carried out.</param>
    /// <exception cref="ZooKeeperException">The session, or its connection, was lost, or the parent does not exist.</exception>
    public static Task ToEnsembleAsync(
        ITreeSource source, ZooKeeperClient client, string root, EnsembleTreeOptions existing, TreeCopyOptions options, TreeCopyProgress progress,
        CancellationToken ct = default) =>
        RunAsync(source, new EnsembleTreeTarget(client, root, existing, options, progress), options, progress, ct);

    /// <summary>Copies a tree to a directory of files, see <see cref="DirectoryTree"/>.</summary>
    /// <param name="source">The tree.</param>
    /// <param name="directory">The directory; it is created if it does not exist.</param>
    /// <param name="root">The znode that the tree's root is, for who imports it; null for none.</param>
    /// <param name="filter">What of the directory is compared and may be deleted; null for all.</param>
    /// <param name="options">What to do about what is there.</param>
    /// <param name="progress">Counts what is done.</param>
    /// <param name="ct">Ends it.</param>
    public static Task ToDirectoryAsync(
        ITreeSource source, string directory, string? root, TreeFilter? filter, TreeCopyOptions options, TreeCopyProgress progress, CancellationToken ct = default) =>
        RunAsync(source, new DirectoryTreeTarget(directory, root, filter, progress), options, progress, ct);

    private static async Task RunAsync(
        ITreeSource source, ITreeTarget target, TreeCopyOptions options, TreeCopyProgress progress, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(progress);
        if (!options.DryRun)
            await target.PrepareAsync(ct).ConfigureAwait(false);
        // What only the target has comes parents first; each is deleted when all below it has come by.
        var doomed = new Stack<TreeNode>();
        bool any = false;
        await foreach (TreePair pair in TreeDiff.CompareAsync(source, target.Existing, ct).ConfigureAwait(false))
        {
            if (pair.Failure is { } failure)
            {
                progress.OnFailed((failure as ZooKeeperException)?.Path ?? target.NameOf(pair.Path), failure);
                continue;
            }

            any |= pair.Reference is not null;
            while (doomed.TryPeek(out TreeNode? above) && !ZPath.IsSameOrBelow(pair.Path, above.Path))
                await DeleteAsync(doomed.Pop()).ConfigureAwait(false);
            TreeDifferences differences = options.CopyAcl ? pair.Differences : pair.Differences & ~TreeDifferences.Acl;
            if (pair is { Reference: { Mode: CreateMode.Ephemeral }, Difference: not null })
                differences &= ~TreeDifferences.Mode;
            if (differences == TreeDifferences.None)
            {
                progress.OnUnchanged();
                continue;
            }

            if (options.OnDifference is { } tell)
                await tell(pair).ConfigureAwait(false);
            if (pair.Reference is not { } node)
            {
                if (options.Delete && pair.Path != ZPath.Root)
                    doomed.Push(pair.Difference!);
            }
            else if (pair.Difference is null)
            {
                await CreateAsync(node).ConfigureAwait(false);
            }
            else if (!options.Overwrite || differences.HasFlag(TreeDifferences.Mode))
            {
                progress.OnFailed(target.NameOf(pair.Path), new TreeConflictException(target.NameOf(pair.Path), differences));
            }
            else
            {
                await UpdateAsync(node, differences).ConfigureAwait(false);
            }
        }

        // An empty source is a root that is gone: its copy is kept, lest a slip of the pen delete a tree.
        while (doomed.TryPop(out TreeNode? last))
        {
            if (any)
                await DeleteAsync(last).ConfigureAwait(false);
        }

        if (!options.DryRun)
            await target.CompleteAsync(ct).ConfigureAwait(false);

        ValueTask CreateAsync(TreeNode node)
        {
            if (!options.DryRun)
                return target.CreateAsync(options.CopyAcl ? node : node.WithoutAcl(), ct);
            progress.OnCreated(node.Data?.Length ?? 0);
            return ValueTask.CompletedTask;
        }

        ValueTask UpdateAsync(TreeNode node, TreeDifferences differences)
        {
            if (!options.DryRun)
                return target.UpdateAsync(node, differences, ct);
            progress.OnUpdated(differences.HasFlag(TreeDifferences.Data) ? node.Data?.Length ?? 0 : 0);
            return ValueTask.CompletedTask;
        }

        ValueTask DeleteAsync(TreeNode node)
        {
            if (!options.DryRun)
                return target.DeleteAsync(node, ct);
            progress.OnDeleted();
            return ValueTask.CompletedTask;
        }
    }
}
