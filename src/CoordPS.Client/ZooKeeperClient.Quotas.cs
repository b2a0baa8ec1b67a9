using CoordPS.Protocol;

namespace CoordPS.Client;

public sealed partial class ZooKeeperClient
{
    private const string QuotaRoot = "/zookeeper/quota";
    private const string LimitName = "zookeeper_limits";
    private const string UsageName = "zookeeper_stats";

    /// <summary>The quota of a tree, and what it uses; null when it has none. The chroot does not hide quotas.</summary>
    /// <param name="path">The root of the tree.</param>
    /// <param name="ct">Ends the wait.</param>
    public async Task<ZNodeQuota?> GetQuotaAsync(string path, CancellationToken ct = default)
    {
        string at = QuotaPath(path, OpCode.GetData);
        Task<ZNodeData> limits = GetServerDataAsync($"{at}/{LimitName}", ct), usage = GetServerDataAsync($"{at}/{UsageName}", ct);
        try
        {
            ZNodeQuota quota = ZNodeQuota.Parse(path, (await limits.ConfigureAwait(false)).Data);
            return quota.WithUsage((await usage.ConfigureAwait(false)).Data);
        }
        catch (NoNodeException)
        {
            // The one that is still waited for says the same.
            await ((Task)usage).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return null;
        }
    }

    /// <summary>The roots of the trees at and below a znode that have a quota.</summary>
    /// <param name="path">The znode.</param>
    /// <param name="ct">Ends the wait.</param>
    public async IAsyncEnumerable<string> ListQuotasAsync(
        string path, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct = default)
    {
        // The tree of quotas has znodes only above quotas.
        var open = new Stack<string>([QuotaPath(path, OpCode.GetChildren2)]);
        while (open.TryPop(out string? at))
        {
            ChildrenResult listed;
            try
            {
                listed = await Submit(new WatchingCall<GetChildrenRequest, ChildrenResult>(
                    OpCode.GetChildren2, at, new GetChildrenRequest(at, false), ReadChildren, at, WatchKind.Children, null), ct).ConfigureAwait(false);
            }
            catch (NoNodeException)
            {
                continue;
            }

            foreach (string child in listed.Children.OrderDescending(StringComparer.Ordinal))
            {
                if (child is not (LimitName or UsageName))
                    open.Push(ZPath.Combine(at, child));
            }

            if (listed.Children.Contains(LimitName))
                yield return at.Length == QuotaRoot.Length ? ZPath.Root : _session.ToClientPath(at[QuotaRoot.Length..]);
        }
    }

    /// <summary>Sets the quota of a tree. Servers refuse one for a tree that is above or below another with a quota only by convention: so does this.</summary>
    /// <param name="quota">The limits; -1 for none. Its usage is not used: the servers count.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <exception cref="NoNodeException">The tree does not exist.</exception>
    /// <exception cref="BadArgumentsException">A tree above or below has a quota, or the tree can't have one.</exception>
    public async Task SetQuotaAsync(ZNodeQuota quota, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(quota);
        string at = QuotaPath(quota.Path, OpCode.Create), serverPath = at[QuotaRoot.Length..];
        if (serverPath.Length == 0 || ZPath.IsSameOrBelow(serverPath, "/zookeeper"))
            throw new BadArgumentsException($"'{quota.Path}' can't have a quota: servers count trees below the root only", quota.Path, null, "Choose another znode.");
        if (await ExistsAsync(quota.Path, ct).ConfigureAwait(false) is null)
            throw ZooKeeperException.FromReply(ErrorCode.NoNode, OpCode.GetData, quota.Path, null);
        string limits = $"{at}/{LimitName}";
        byte[] text = quota.FormatLimits();
        try
        {
            await Submit(new Call<SetDataRequest, Stat>(OpCode.SetData, quota.Path, new SetDataRequest(limits, text, -1), ReadStat), ct).ConfigureAwait(false);
            return;
        }
        catch (NoNodeException)
        {
            // It has none yet.
        }

        await RequireNoOtherQuotaAsync(quota.Path, serverPath, ct).ConfigureAwait(false);
        for (int slash = serverPath.IndexOf('/', 1); ; slash = slash < 0 ? serverPath.Length : serverPath.IndexOf('/', slash + 1))
        {
            await CreateOnServerAsync(QuotaRoot + (slash < 0 ? serverPath : serverPath[..slash]), null, ct).ConfigureAwait(false);
            if (slash < 0 || slash == serverPath.Length)
                break;
        }

        await CreateOnServerAsync(limits, text, ct).ConfigureAwait(false);
        // The server fills it in: it begins to count at this create.
        await CreateOnServerAsync($"{at}/{UsageName}", ZNodeQuota.NoUsage, ct).ConfigureAwait(false);
    }

    /// <summary>Removes the quota of a tree.</summary>
    /// <param name="path">The root of the tree.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <returns>Whether there was one.</returns>
    public async Task<bool> RemoveQuotaAsync(string path, CancellationToken ct = default)
    {
        string at = QuotaPath(path, OpCode.Delete);
        bool removed = await DeleteOnServerAsync($"{at}/{LimitName}", ct).ConfigureAwait(false);
        await DeleteOnServerAsync($"{at}/{UsageName}", ct).ConfigureAwait(false);
        // What is above is for other quotas, or for nothing.
        while (at.Length > QuotaRoot.Length && await TryDeleteEmptyAsync(at, ct).ConfigureAwait(false))
            at = ZPath.Parent(at);
        return removed;
    }

    private string QuotaPath(string path, OpCode operation)
    {
        if (!TryResolve(path, false, operation, out string serverPath, out Exception? bad))
            throw bad;
        return serverPath == ZPath.Root ? QuotaRoot : QuotaRoot + serverPath;
    }

    private async Task RequireNoOtherQuotaAsync(string path, string serverPath, CancellationToken ct)
    {
        for (string above = ZPath.Parent(serverPath); above != ZPath.Root; above = ZPath.Parent(above))
        {
            string limits = $"{QuotaRoot}{above}/{LimitName}";
            if (await Submit(new ExistsCall(limits, limits, null), ct).ConfigureAwait(false) is not null)
                throw Refuse(above);
        }

        await foreach (string below in ListQuotasAsync(path, ct).ConfigureAwait(false))
            throw Refuse(below);

        BadArgumentsException Refuse(string other) => new(
            $"'{path}' can't have a quota: '{other}' has one, and trees with quotas can't be within each other", path, null, $"Remove that of '{other}' first.");
    }

    private Task<ZNodeData> GetServerDataAsync(string serverPath, CancellationToken ct) =>
        Submit(new WatchingCall<GetDataRequest, ZNodeData>(
            OpCode.GetData, serverPath, new GetDataRequest(serverPath, false), ReadData, serverPath, WatchKind.Data, null), ct);

    private async Task CreateOnServerAsync(string serverPath, byte[]? data, CancellationToken ct)
    {
        try
        {
            await Submit(new CreateCall(_session, serverPath, serverPath, data, CreateMode.Persistent, Acl.OpenUnsafe, null), ct).ConfigureAwait(false);
        }
        catch (NodeExistsException)
        {
            // Part of another quota, or someone else was faster.
        }
    }

    private async Task<bool> DeleteOnServerAsync(string serverPath, CancellationToken ct)
    {
        try
        {
            await Submit(new Call<PathVersionRequest, bool>(OpCode.Delete, serverPath, new PathVersionRequest(serverPath, -1), ReadNothing), ct).ConfigureAwait(false);
            return true;
        }
        catch (NoNodeException)
        {
            return false;
        }
    }

    private async Task<bool> TryDeleteEmptyAsync(string serverPath, CancellationToken ct)
    {
        try
        {
            await DeleteOnServerAsync(serverPath, ct).ConfigureAwait(false);
            return true;
        }
        catch (NotEmptyException)
        {
            return false;
        }
    }
}
