using CoordPS.Client;
using CoordPS.Client.Trees;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>Moves a tree as one transaction: all of it is created anew, then what was read is removed, provided that it has not changed since.</summary>
internal static class TreeMove
{
    /// <summary>Of an operation, besides path, data and list: its header, lengths, flags and version.</summary>
    private const int Overhead = 40;

    /// <summary>Reads the tree and writes down the operations.</summary>
    /// <exception cref="CoordException">It can't be moved as one.</exception>
    public static async Task<IReadOnlyList<ZooKeeperOperation>> PlanAsync(
        ZooKeeperClient client, string from, string to, CancellationToken cancellationToken)
    {
        var creates = new List<ZooKeeperOperation>();
        var deletes = new List<ZooKeeperOperation>();
        long length = 0;
        var walker = new TreeWalker(client, new TreeWalkOptions { WithAcl = true });
        await foreach (TreeEntry entry in walker.WalkAsync(from, cancellationToken).ConfigureAwait(false))
        {
            if (entry.Failure is { } failure)
                throw failure;
            IReadOnlyList<Acl> acl = entry.Acl ?? [];
            string path = to + entry.Path[from.Length..];
            bool ephemeral = EphemeralOwner.KindOf(entry.Stat.EphemeralOwner) == EphemeralKind.Ephemeral;
            if (ephemeral && entry.Stat.EphemeralOwner != client.SessionId)
            {
                throw new CoordException(
                    "MoveOfEphemeral", ErrorCode.BadArguments,
                    $"'{from}' can't be moved: '{entry.Path}' is an ephemeral of session 0x{entry.Stat.EphemeralOwner:x}, and would become one of another session.",
                    "Copy it with Copy-Item -Recurse, which leaves ephemerals out.", entry.Path);
            }

            length += path.Length + entry.Path.Length + (entry.Data?.Length ?? 0) + (2 * Overhead) + acl.Sum(a => a.Id.Scheme.Length + a.Id.Id.Length + 12);
            if (length > client.MaxRequestLength)
            {
                throw new CoordException(
                    "MoveTooLarge", ErrorCode.BadArguments, $"'{from}' is too large to be moved in one transaction, and half a move would be neither here nor there.",
                    "Copy it with Copy-Item -Recurse, look at the copy, then Remove-Item -Recurse.", from);
            }

            creates.Add(ZooKeeperOperation.Create(path, entry.Data, ephemeral ? CreateMode.Ephemeral : CreateMode.Persistent, acl));
            deletes.Add(ZooKeeperOperation.Delete(entry.Path, entry.Stat.Version));
        }

        deletes.Reverse();
        return [.. creates, .. deletes];
    }
}
