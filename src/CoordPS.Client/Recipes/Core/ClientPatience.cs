using System.Runtime.CompilerServices;
using CoordPS.Protocol;

namespace CoordPS.Client.Recipes;

/// <summary>What recipes do about a lost connection: wait for the next, and repeat what can be repeated.</summary>
internal static class ClientPatience
{
    /// <summary>Whether the request may or may not have been carried out.</summary>
    internal static bool IsOutcomeUnknown(this ZooKeeperException e) =>
        e is ConnectionLossException { OutcomeUnknown: true } or RequestTimeoutException { OutcomeUnknown: true };

    /// <summary>Whether the request failed for want of a connection, done or not; with another connection it may succeed.</summary>
    internal static bool IsOutage(this ZooKeeperException e) => e is ConnectionLossException or RequestTimeoutException;

    /// <summary>Ends when a server serves the session, or when the session has ended.</summary>
    internal static async Task WhenServedAsync(this ZooKeeperClient client, CancellationToken ct)
    {
        var served = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void Look()
        {
            SessionState state = client.State;
            if (state.IsConnected || state.IsFinal)
                served.TrySetResult();
        }

        client.Moved += Look;
        try
        {
            Look();
            await served.Task.WaitAsync(ct).ConfigureAwait(false);
        }
        finally
        {
            client.Moved -= Look;
        }
    }

    /// <summary>Repeats a call that does no harm twice until a server has answered it.</summary>
    internal static async Task<T> RepeatAsync<T>(this ZooKeeperClient client, Func<Task<T>> call, CancellationToken ct)
    {
        while (true)
        {
            try
            {
                return await call().ConfigureAwait(false);
            }
            catch (ZooKeeperException e) when (e.IsOutage())
            {
                await client.WhenServedAsync(ct).ConfigureAwait(false);
            }
        }
    }

    /// <inheritdoc cref="RepeatAsync{T}(ZooKeeperClient, Func{Task{T}}, CancellationToken)"/>
    internal static Task RepeatAsync(this ZooKeeperClient client, Func<Task> call, CancellationToken ct) =>
        client.RepeatAsync(async () => { await call().ConfigureAwait(false); return true; }, ct);

    /// <summary>Deletes a znode that nobody else would create again; whether it was there or not.</summary>
    internal static async Task DeleteIfThereAsync(this ZooKeeperClient client, string path, CancellationToken ct)
    {
        try
        {
            await client.RepeatAsync(() => client.DeleteAsync(path, -1, ct), ct).ConfigureAwait(false);
        }
        catch (NoNodeException)
        {
            // Gone already, perhaps by a delete whose answer was lost.
        }
    }

    /// <summary>Creates a znode and the parents it lacks as containers, as Curator does, which the server removes when they have been emptied.</summary>
    internal static async Task EnsureContainersAsync(this ZooKeeperClient client, string path, CancellationToken ct)
    {
        if (path == ZPath.Root)
        {
            await client.RepeatAsync(() => client.EnsurePathAsync(path, null, ct), ct).ConfigureAwait(false);
            return;
        }

        CreateMode mode = CreateMode.Container;
        while (true)
        {
            try
            {
                await client.RepeatAsync(() => client.CreateAsync(path, null, mode, null, null, ct), ct).ConfigureAwait(false);
                return;
            }
            catch (NodeExistsException)
            {
                return;
            }
            catch (NoNodeException)
            {
                await client.EnsureContainersAsync(ZPath.Parent(path), ct).ConfigureAwait(false);
            }
            catch (UnimplementedException) when (mode == CreateMode.Container)
            {
                // Servers before 3.5.
                mode = CreateMode.Persistent;
            }
        }
    }

    /// <summary>Data and metadata, or null when there is no such znode.</summary>
    internal static async Task<ZNodeData?> TryGetDataAsync(
        this ZooKeeperClient client, string path, Action<WatchedEvent>? watch, CancellationToken ct)
    {
        try
        {
            return await client.RepeatAsync(
                () => watch is null ? client.GetDataAsync(path, ct) : client.GetDataAsync(path, watch, ct), ct).ConfigureAwait(false);
        }
        catch (NoNodeException)
        {
            return null;
        }
    }

    /// <summary>The children, or null when there is no such znode.</summary>
    internal static async Task<ChildrenResult?> TryGetChildrenAsync(
        this ZooKeeperClient client, string path, Action<WatchedEvent>? watch, CancellationToken ct)
    {
        try
        {
            return await client.RepeatAsync(
                () => watch is null ? client.GetChildrenAsync(path, ct) : client.GetChildrenAsync(path, watch, ct), ct).ConfigureAwait(false);
        }
        catch (NoNodeException)
        {
            return null;
        }
    }

    /// <summary>Removes a watch that is no longer waited for, without waiting for the server.</summary>
    internal static void ForgetWatch(this ZooKeeperClient client, string path, WatcherType type, Action<WatchedEvent> handler) =>
        _ = client.ForgetWatchAsync(path, type, handler);

    /// <summary>The children as they are now, many requests in flight; what goes meanwhile is left out.</summary>
    internal static async IAsyncEnumerable<(string Name, ZNodeData Node)> ReadChildrenAsync(
        this ZooKeeperClient client, string path, [EnumeratorCancellation] CancellationToken ct)
    {
        if (await client.TryGetChildrenAsync(path, null, ct).ConfigureAwait(false) is not { } children)
            yield break;
        List<(string Name, Task<ZNodeData?> Node)> reads =
            [.. children.Children.Select(name => (name, client.TryGetDataAsync(ZPath.Combine(path, name), null, ct)))];
        foreach ((string name, Task<ZNodeData?> read) in reads)
        {
            if (await read.ConfigureAwait(false) is { } node)
                yield return (name, node);
        }
    }
}
