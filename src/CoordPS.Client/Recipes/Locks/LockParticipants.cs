using CoordPS.Protocol;

namespace CoordPS.Client.Recipes;

/// <summary>Reads who holds a lock and who waits: locks, read/write locks, semaphores and elections of Curator, kazoo and this client.</summary>
public static class LockParticipants
{
    internal const string LocksFolder = "locks";
    internal const string LeasesFolder = "leases";

    /// <summary>Reads the holders and waiters of the lock on a znode; none when the znode does not exist.</summary>
    /// <param name="client">Any session.</param>
    /// <param name="path">The lock's znode.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <returns>
    /// First come first. A semaphore's leases come before those that wait for one. A semaphore does not say how many leases it has: the
    /// newest lease of the session whose turn it is counts as waiting, as it is until that session lets the next have its turn.
    /// </returns>
    public static async Task<IReadOnlyList<LockParticipant>> ReadAsync(ZooKeeperClient client, string path, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        if (await client.TryGetChildrenAsync(path, null, ct).ConfigureAwait(false) is not { } children)
            return [];
        if (children.Children.Contains(LeasesFolder))
            return await ReadSemaphoreAsync(client, path, ct).ConfigureAwait(false);
        List<LockParticipant> result = [];
        bool exclusiveSeen = false;
        foreach ((ContenderName name, ZNodeData node) in await ReadContendersAsync(client, path, ct).ConfigureAwait(false))
        {
            bool holds = name.IsShared ? !exclusiveSeen : result.Count == 0;
            exclusiveSeen |= !name.IsShared;
            result.Add(new LockParticipant(ZPath.Combine(path, name.Name), name.Sequence,
                name.IsShared ? LockParticipantKind.Shared : LockParticipantKind.Exclusive, holds, node));
        }

        return result;
    }

    private static async Task<IReadOnlyList<LockParticipant>> ReadSemaphoreAsync(ZooKeeperClient client, string path, CancellationToken ct)
    {
        string leasesPath = ZPath.Combine(path, LeasesFolder), locksPath = ZPath.Combine(path, LocksFolder);
        List<(ContenderName Name, ZNodeData Node)> locks = await ReadContendersAsync(client, locksPath, ct).ConfigureAwait(false);
        List<(ContenderName Name, ZNodeData Node)> leases = await ReadContendersAsync(client, leasesPath, ct).ConfigureAwait(false);
        ContenderName? pending = locks.Count == 0 ? null
            : leases.LastOrDefault(lease => lease.Node.Stat.EphemeralOwner == locks[0].Node.Stat.EphemeralOwner && lease.Node.Stat.Czxid > locks[0].Node.Stat.Czxid).Name;
        List<LockParticipant> result =
            [.. leases.Select(lease => new LockParticipant(ZPath.Combine(leasesPath, lease.Name.Name), lease.Name.Sequence, LockParticipantKind.Lease, lease.Name != pending, lease.Node))];
        // The one whose turn it is waits by its lease already.
        result.AddRange(locks.Skip(pending is null ? 0 : 1).Select(one =>
            new LockParticipant(ZPath.Combine(locksPath, one.Name.Name), one.Name.Sequence, LockParticipantKind.Lease, false, one.Node)));
        return result;
    }

    private static async Task<List<(ContenderName Name, ZNodeData Node)>> ReadContendersAsync(ZooKeeperClient client, string path, CancellationToken ct)
    {
        Dictionary<string, ZNodeData> nodes = [];
        await foreach ((string name, ZNodeData node) in client.ReadChildrenAsync(path, ct).ConfigureAwait(false))
            nodes.Add(name, node);
        return [.. ContenderName.Sort(nodes.Keys).Select(name => (name, nodes[name.Name]))];
    }
}
