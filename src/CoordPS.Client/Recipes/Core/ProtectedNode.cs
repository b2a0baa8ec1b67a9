using CoordPS.Protocol;

namespace CoordPS.Client.Recipes;

/// <summary>
/// Ephemerals with a unique id in their name, so that one is found again when the answer to its creation was lost, and found and deleted
/// when nobody waits for it any more. Names are Curator's (<c>_c_GUID-lock-0000000001</c>) or kazoo's (<c>GUID__lock__0000000001</c>).
/// </summary>
internal sealed class ProtectedNode(ZooKeeperClient client, string folder, string name, LockNaming naming)
{
    private readonly string _prefix = naming == LockNaming.Kazoo ? Guid.NewGuid().ToString("N") : $"_c_{Guid.NewGuid():D}-";
    private bool _tried;

    /// <summary>Creates it, or finds it when an earlier try turns out to have done so. When this fails nothing is left behind.</summary>
    /// <param name="data">The data.</param>
    /// <param name="mode">Ephemeral, sequential or not.</param>
    /// <param name="ct">Ends it.</param>
    /// <returns>The path.</returns>
    internal async Task<string> CreateAsync(byte[] data, CreateMode mode, CancellationToken ct)
    {
        try
        {
            while (true)
            {
                try
                {
                    _tried = true;
                    return (await client.CreateAsync(ZPath.Combine(folder, _prefix + name), data, mode, null, null, ct).ConfigureAwait(false)).Path;
                }
                catch (NoNodeException)
                {
                    await client.EnsureContainersAsync(folder, ct).ConfigureAwait(false);
                }
                catch (ZooKeeperException e) when (e.IsOutcomeUnknown() || e is NodeExistsException)
                {
                    if (await FindAsync(ct).ConfigureAwait(false) is { } found)
                        return found;
                }
                catch (ConnectionLossException)
                {
                    await client.WhenServedAsync(ct).ConfigureAwait(false);
                }
            }
        }
        catch
        {
            Abandon();
            throw;
        }
    }

    /// <summary>Deletes it, in the background and however long that takes, whether or not its creation was answered.</summary>
    internal void Abandon()
    {
        if (_tried)
            _ = AbandonAsync();
    }

    private async Task AbandonAsync()
    {
        try
        {
            if (await FindAsync(CancellationToken.None).ConfigureAwait(false) is { } path)
                await client.DeleteIfThereAsync(path, CancellationToken.None).ConfigureAwait(false);
        }
        catch (ZooKeeperException)
        {
            // The session has ended, or may not read what it may have created: then it ends with the session.
        }
    }

    private async Task<string?> FindAsync(CancellationToken ct)
    {
        // A server newly connected to may not yet have what the last one had.
        await client.RepeatAsync(() => client.SyncAsync(folder, ct), ct).ConfigureAwait(false);
        ChildrenResult? children = await client.TryGetChildrenAsync(folder, null, ct).ConfigureAwait(false);
        string? found = children?.Children.FirstOrDefault(child => child.StartsWith(_prefix, StringComparison.Ordinal));
        return found is null ? null : ZPath.Combine(folder, found);
    }
}
