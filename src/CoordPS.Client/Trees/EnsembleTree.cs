using System.Runtime.CompilerServices;
using CoordPS.Protocol;

namespace CoordPS.Client.Trees;

/// <summary>
/// The tree at and below a znode. <c>/zookeeper</c> is no part of it, unless the root is within. Errors of single znodes come with them;
/// when the session or its connection is lost, reading ends with that exception.
/// </summary>
/// <param name="client">The session.</param>
/// <param name="root">The znode that is the tree's root.</param>
/// <param name="options">What is part of the tree.</param>
public sealed class EnsembleTree(ZooKeeperClient client, string root, EnsembleTreeOptions? options = null) : ITreeSource
{
    private const string SystemPath = "/zookeeper";

    private readonly EnsembleTreeOptions _options = options ?? new EnsembleTreeOptions();

    /// <inheritdoc/>
    public IAsyncEnumerable<TreeNode> ReadAsync(CancellationToken ct = default) =>
        _options.Filter is { Include: not null } filter ? filter.ApplyAsync(ReadAllAsync(ct), ct) : ReadAllAsync(ct);

    /// <summary>The one list that nearly all znodes have, so that they can be told apart by reference.</summary>
    internal static IReadOnlyList<Acl> Shared(IReadOnlyList<Acl>? acl) =>
        acl is null || (acl.Count == 1 && acl[0] == Acl.OpenUnsafe[0]) ? Acl.OpenUnsafe : acl;

    private async IAsyncEnumerable<TreeNode> ReadAllAsync([EnumeratorCancellation] CancellationToken ct)
    {
        var walk = new TreeWalkOptions
        {
            WithAcl = true,
            MaxDepth = _options.MaxDepth,
            Exclude = IsExcluded,
            After = _options.After is { } after ? TreePath.ToAbsolute(root, after) : null,
        };
        await foreach (TreeEntry entry in new TreeWalker(client, walk).WalkAsync(root, ct).ConfigureAwait(false))
        {
            if (entry.Failure is { } failure)
            {
                if (TreeWalker.EndsSession(failure))
                    throw failure;
                if (failure is NoNodeException && _options.MayBeMissing)
                    yield break;
            }

            bool ephemeral = EphemeralOwner.KindOf(entry.Stat.EphemeralOwner) == EphemeralKind.Ephemeral;
            if (ephemeral && !_options.IncludeEphemerals)
                continue;
            yield return new TreeNode(TreePath.ToRelative(root, entry.Path))
            {
                Data = entry.Data,
                Acl = Shared(entry.Acl),
                Mode = ephemeral ? CreateMode.Ephemeral : null,
                Failure = entry.Failure,
            };
        }
    }

    private bool IsExcluded(string path) =>
        (path.EndsWith(SystemPath, StringComparison.Ordinal) && client.ToServerPath(path) == SystemPath)
        || _options.Filter?.Exclude?.Invoke(TreePath.ToRelative(root, path)) == true;
}
