using System.Text;
using CoordPS.Protocol;

namespace CoordPS.Client.Recipes;

/// <summary>
/// Membership in a group, from joining to leaving, across lost sessions: an ephemeral named by the member's id, as Curator's <c>GroupMember</c>.
/// Members of kazoo's <c>Party</c> on the same path are seen; kazoo does not see ours.
/// </summary>
public sealed class GroupMembership : IAsyncDisposable
{
    private const string KazooMark = "__party__";

    private readonly PersistentEphemeralNode _node;

    private GroupMembership(string path, string id, PersistentEphemeralNode node)
    {
        Path = path;
        Id = id;
        _node = node;
    }

    /// <summary>The group's znode.</summary>
    public string Path { get; }

    /// <summary>The member's id.</summary>
    public string Id { get; }

    /// <summary>The session it is a member by now; 0 while it is none.</summary>
    public long SessionId => _node.SessionId;

    /// <summary>Ends when it is disposed, or fails when it can't be a member any more.</summary>
    public Task Completion => _node.Completion;

    /// <summary>Joins a group. Who joins with an id that another has takes its place until it leaves.</summary>
    /// <param name="client">The session; followed by new ones when it expires, until this client is disposed.</param>
    /// <param name="path">The group's znode, which is created, as a container, when need be.</param>
    /// <param name="id">The member's id: a name without slashes.</param>
    /// <param name="data">What it tells the others; null for <c>HOST/PROCESS/USER</c>.</param>
    /// <param name="ct">Ends the wait.</param>
    public static async Task<GroupMembership> JoinAsync(ZooKeeperClient client, string path, string id, byte[]? data = null, CancellationToken ct = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        if (id.Contains('/', StringComparison.Ordinal))
            throw new ArgumentException($"The id '{id}' has a slash; it is the name of a znode.", nameof(id));
        string member = ZPath.Combine(ContendedLock.Checked(path), id);
        return new GroupMembership(path, id, await PersistentEphemeralNode.StartAsync(client, member, data ?? LockOptions.DefaultData, ct).ConfigureAwait(false));
    }

    /// <summary>The members of a group, in the order of their ids; none when there is no such group.</summary>
    public static async Task<IReadOnlyList<GroupMember>> GetMembersAsync(ZooKeeperClient client, string path, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        List<GroupMember> members = [];
        await foreach ((string name, ZNodeData node) in client.ReadChildrenAsync(path, ct).ConfigureAwait(false))
        {
            if (node.Stat.EphemeralOwner != 0)
                members.Add(ToMember(ZPath.Combine(path, name), node));
        }

        return [.. members.OrderBy(member => member.Id, StringComparer.Ordinal)];
    }

    /// <summary>Changes what the member tells the others.</summary>
    public Task SetDataAsync(byte[] data, CancellationToken ct = default) => _node.SetDataAsync(data, ct);

    /// <summary>Leaves the group.</summary>
    public ValueTask DisposeAsync() => _node.DisposeAsync();

    internal static GroupMember ToMember(string path, ZNodeData node)
    {
        string name = ZPath.Name(path);
        byte[] data = node.Data ?? [];
        string id = name.EndsWith(KazooMark, StringComparison.Ordinal) && data.Length > 0 ? Encoding.UTF8.GetString(data) : name;
        return new GroupMember(id, path, data, node.Stat.EphemeralOwner, DateTimeOffset.FromUnixTimeMilliseconds(node.Stat.Ctime));
    }
}
