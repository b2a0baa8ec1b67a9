using System.Runtime.CompilerServices;
using CoordPS.Client.Trees;

namespace CoordPS.Cmdlets;

/// <summary>A tree to be exported: without its access control lists if they are not wanted, else with a warning of the first that is not whole.</summary>
internal sealed class TreeSourceWithWarnings(ITreeSource source, bool noAcl, Action<string> onMasked) : ITreeSource
{
    /// <inheritdoc/>
    public async IAsyncEnumerable<TreeNode> ReadAsync([EnumeratorCancellation] CancellationToken ct = default)
    {
        bool warned = false;
        await foreach (TreeNode node in source.ReadAsync(ct).ConfigureAwait(false))
        {
            if (!noAcl && !warned && node.HasMaskedAcl)
            {
                warned = true;
                onMasked(node.Path);
            }

            yield return noAcl && node.Failure is null ? node.WithoutAcl() : node;
        }
    }
}
