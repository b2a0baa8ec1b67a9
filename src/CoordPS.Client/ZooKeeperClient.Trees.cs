using CoordPS.Protocol;

namespace CoordPS.Client;

public sealed partial class ZooKeeperClient
{
    // Enough to keep the connection busy without a list of a whole tree's requests in memory.
    private const int TreeWindow = 256;

    /// <summary>
    /// Deletes a znode and all below it, children first, many requests in flight. Not a transaction: a failure leaves what was not yet deleted.
    /// What others delete meanwhile counts as deleted; what others create meanwhile is deleted too.
    /// </summary>
    /// <param name="path">The znode; for the root, or the chroot, all below it but <c>/zookeeper</c>.</param>
    /// <param name="progress">Told the number of znodes deleted so far.</param>
    /// <param name="ct">Ends it between requests.</param>
    /// <returns>The number of znodes deleted; 0 when there was none.</returns>
    public async Task<int> DeleteRecursiveAsync(string path, IProgress<int>? progress = null, CancellationToken ct = default)
    {
        int deleted = 0;
        while (true)
        {
            List<string> tree = await ListTreeAsync(path, ct).ConfigureAwait(false);
            if (path == ZPath.Root && tree.Count > 0)
                tree.RemoveAt(0);
            bool again = false;
            var window = new Queue<Task<bool?>>();

            // The server carries out a session's requests in order: a parent's delete may leave before its children's are answered.
            for (int i = tree.Count - 1; i >= 0 || window.Count > 0; i--)
            {
                if (i >= 0)
                    window.Enqueue(TryDeleteAsync(tree[i], ct));
                if (i >= 0 && window.Count < TreeWindow)
                    continue;
                bool? done = await window.Dequeue().ConfigureAwait(false);
                again |= done is null;
                if (done == true)
                {
                    deleted++;
                    progress?.Report(deleted);
                }
            }

            if (!again)
                return deleted;
        }
    }

    /// <summary>Creates a znode and the parents it lacks, persistent and empty. What exists is left as it is.</summary>
    /// <param name="path">The path.</param>
    /// <param name="acl">The access control list of the znodes created; null is open to everyone.</param>
    /// <param name="ct">Ends the wait.</param>
    public async Task EnsurePathAsync(string path, IReadOnlyList<Acl>? acl = null, CancellationToken ct = default)
    {
        if (await ExistsAsync(path, ct).ConfigureAwait(false) is not null)
            return;
        List<string> missing = [];
        for (string at = path; at.Length > 1; at = ZPath.Parent(at))
            missing.Insert(0, at);

        // Each is looked for first: a create may be forbidden where the znode has long existed.
        Stat?[] found = await Task.WhenAll(missing.Select(p => ExistsAsync(p, ct))).ConfigureAwait(false);
        missing.RemoveRange(0, Array.FindLastIndex(found, s => s is not null) + 1);
        if (Chroot.Length > 0 && missing.Count > 0 && found.All(s => s is null) && await ExistsAsync(ZPath.Root, ct).ConfigureAwait(false) is null)
            missing.Insert(0, ZPath.Root);
        await Task.WhenAll(missing.Select(p => CreateIfMissingAsync(p, acl, ct))).ConfigureAwait(false);
    }

    private async Task CreateIfMissingAsync(string path, IReadOnlyList<Acl>? acl, CancellationToken ct)
    {
        try
        {
            await CreateAsync(path, null, CreateMode.Persistent, acl, null, ct).ConfigureAwait(false);
        }
        catch (NodeExistsException)
        {
            // Someone else was faster.
        }
    }

    /// <summary>Deletes a znode: true when it did, false when it was gone, null when it has children that were not listed.</summary>
    private async Task<bool?> TryDeleteAsync(string path, CancellationToken ct)
    {
        try
        {
            await DeleteAsync(path, -1, ct).ConfigureAwait(false);
            return true;
        }
        catch (NoNodeException)
        {
            return false;
        }
        catch (NotEmptyException)
        {
            return null;
        }
    }

    /// <summary>The znode and all below it, parents first; empty when it does not exist.</summary>
    private async Task<List<string>> ListTreeAsync(string path, CancellationToken ct)
    {
        List<string> tree = [path];
        var window = new Queue<(string Path, Task<ChildrenResult> Children)>();
        bool exists = false;
        int next = 0;
        while (next < tree.Count || window.Count > 0)
        {
            if (next < tree.Count && window.Count < TreeWindow)
            {
                window.Enqueue((tree[next], GetChildrenAsync(tree[next], ct)));
                next++;
                continue;
            }

            (string parent, Task<ChildrenResult> children) = window.Dequeue();
            try
            {
                foreach (string child in (await children.ConfigureAwait(false)).Children)
                {
                    string childPath = ZPath.Combine(parent, child);
                    if (_session.ToServerPath(childPath) != "/zookeeper")
                        tree.Add(childPath);
                }

                exists = true;
            }
            catch (NoNodeException)
            {
                // Deleted meanwhile.
            }
        }

        return exists ? tree : [];
    }
}
