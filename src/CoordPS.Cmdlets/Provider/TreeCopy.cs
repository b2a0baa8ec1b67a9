using CoordPS.Client;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>Copies a tree, parents first, with many requests in flight; the target session's order makes parents come before children.</summary>
internal sealed class TreeCopy(ZooKeeperClient source, ZooKeeperClient target, bool replace, int window)
{
    private readonly Queue<(TreeEntry Entry, Task<AclResult> Acl)> _read = new();
    private readonly Queue<Task> _written = new();
    private long _count;

    /// <summary>Copies; the first failure ends it.</summary>
    /// <param name="from">The znode to copy.</param>
    /// <param name="to">The path of its copy.</param>
    /// <param name="recurse">Whether all below goes with it, but for ephemerals and <c>/zookeeper</c>.</param>
    /// <param name="progress">Told how many have been copied.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task CopyAsync(string from, string to, bool recurse, Action<long> progress, CancellationToken cancellationToken)
    {
        await foreach (TreeEntry entry in new TreeWalker(source, window, recurse ? int.MaxValue : 0, withData: true).WalkAsync(from, cancellationToken))
        {
            if (entry.Failure is { } failure)
                throw failure;
            if (entry.Depth > 0 && (EphemeralOwner.KindOf(entry.Stat.EphemeralOwner) == EphemeralKind.Ephemeral || IsReserved(entry.Path)))
                continue;
            _read.Enqueue((entry, source.GetAclAsync(entry.Path, cancellationToken)));
            if (_read.Count >= window)
                await WriteHeadAsync(from, to, progress, cancellationToken);
        }

        while (_read.Count > 0)
            await WriteHeadAsync(from, to, progress, cancellationToken);
        while (_written.Count > 0)
            await _written.Dequeue();
    }

    private bool IsReserved(string path) => source.Chroot.Length == 0 && ZPath.IsSameOrBelow(path, "/zookeeper");

    private async Task WriteHeadAsync(string from, string to, Action<long> progress, CancellationToken cancellationToken)
    {
        (TreeEntry entry, Task<AclResult> acl) = _read.Dequeue();
        string below = from == ZPath.Root ? entry.Path : entry.Path[from.Length..];
        string path = entry.Depth == 0 ? to : to == ZPath.Root ? below : to + below;
        _written.Enqueue(WriteAsync(path, entry.Data, (await acl).Acl, mayExist: from == ZPath.Root && entry.Depth == 0, cancellationToken));
        progress(++_count);
        while (_written.Count >= window)
            await _written.Dequeue();
    }

    private async Task WriteAsync(string path, byte[]? data, IReadOnlyList<Acl> acl, bool mayExist, CancellationToken cancellationToken)
    {
        try
        {
            await target.CreateAsync(path, data, CreateMode.Persistent, acl, null, cancellationToken).ConfigureAwait(false);
        }
        catch (NodeExistsException) when (replace)
        {
            await target.SetDataAsync(path, data, ct: cancellationToken).ConfigureAwait(false);
        }
        catch (NodeExistsException) when (mayExist)
        {
            // The root of a drive goes over what is there: what is copied is below it.
        }
    }
}
