using System.Runtime.CompilerServices;
using CoordPS.Client.Trees;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>A tree in files, without the ephemerals that were exported with it unless they are wanted.</summary>
internal sealed class EphemeralFilter(ITreeSource source, bool includeEphemerals) : ITreeSource
{
    /// <inheritdoc/>
    public async IAsyncEnumerable<TreeNode> ReadAsync([EnumeratorCancellation] CancellationToken ct = default)
    {
        await foreach (TreeNode node in source.ReadAsync(ct).ConfigureAwait(false))
        {
            if (includeEphemerals || node.Mode?.IsEphemeral != true)
                yield return node;
        }
    }
}
