using CoordPS.Protocol;

namespace CoordPS.Client.Recipes;

/// <summary>Which znode one must wait for, of those there are in order; null when it is one's turn.</summary>
internal delegate ContenderName? TurnRule(List<ContenderName> contenders, int own);

/// <summary>
/// The one way in which locks, leases' mutexes and elections are contended for: create an ephemeral, sequential, protected znode; when it
/// is not one's turn, watch the one znode that stands in the way, and no other; then look again.
/// </summary>
internal static class Contention
{
    /// <summary>First come, first served.</summary>
    internal static ContenderName? Exclusive(List<ContenderName> contenders, int own) => own == 0 ? null : contenders[own - 1];

    /// <summary>After the last writer that came before.</summary>
    internal static ContenderName? Shared(List<ContenderName> contenders, int own) => contenders.Take(own).LastOrDefault(c => !c.IsShared);

    /// <summary>Waits for the turn.</summary>
    /// <returns>The znode that holds it; null when the time is over.</returns>
    internal static async Task<HeldNode?> AcquireAsync(
        ZooKeeperClient client, string folder, string name, LockOptions options, TurnRule rule, TimeSpan? timeout, CancellationToken ct)
    {
        if (timeout == TimeSpan.Zero && !client.State.IsConnected && !client.State.IsFinal)
            return null;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        if (timeout is { } time && time > TimeSpan.Zero)
            limit.CancelAfter(time);
        try
        {
            return await AcquireAsync(client, folder, name, options, rule, timeout == TimeSpan.Zero, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return null;
        }
    }

    private static async Task<HeldNode?> AcquireAsync(
        ZooKeeperClient client, string folder, string name, LockOptions options, TurnRule rule, bool once, CancellationToken ct)
    {
        while (true)
        {
            var node = new ProtectedNode(client, folder, name, options.Naming);
            string path = await node.CreateAsync(options.DataOrDefault, CreateMode.EphemeralSequential, ct).ConfigureAwait(false);
            try
            {
                bool? turn = await WaitTurnAsync(client, folder, ZPath.Name(path), rule, once, ct).ConfigureAwait(false);
                if (turn == false)
                {
                    node.Abandon();
                    return null;
                }

                if (turn == true && await HeldNode.WatchAsync(client, path, ct).ConfigureAwait(false) is { } held)
                    return held;
                // Someone deleted it: an operator, or the server with the container. One more.
            }
            catch
            {
                node.Abandon();
                throw;
            }
        }
    }

    /// <summary>True when it is the turn of one's znode, false when it is not and one look is all, null when the znode is gone.</summary>
    private static async Task<bool?> WaitTurnAsync(ZooKeeperClient client, string folder, string name, TurnRule rule, bool once, CancellationToken ct)
    {
        var signal = new Signal();
        while (true)
        {
            if (await client.TryGetChildrenAsync(folder, null, ct).ConfigureAwait(false) is not { } children)
                return null;
            List<ContenderName> contenders = ContenderName.Sort(children.Children);
            int own = contenders.FindIndex(c => c.Name == name);
            if (own < 0)
                return null;
            if (rule(contenders, own) is not { } before)
                return true;
            if (once)
                return false;
            string path = ZPath.Combine(folder, before.Name);
            // Not an exists: that would leave a watch on a znode that has gone and never returns.
            if (await client.TryGetDataAsync(path, signal.Handler, ct).ConfigureAwait(false) is null)
                continue;
            try
            {
                await signal.WaitAsync(ct).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                client.ForgetWatch(path, WatcherType.Data, signal.Handler);
                throw;
            }
        }
    }
}
