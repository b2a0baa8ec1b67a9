using CoordPS.Client;
using CoordPS.Client.Recipes;
using CoordPS.Protocol;

namespace CoordPS.Cmdlets;

/// <summary>Waits until enough instances of a service are registered, by the pods of this rollout.</summary>
/// <param name="client">The session, or one after it.</param>
/// <param name="basePath">The registry.</param>
/// <param name="name">The service.</param>
/// <param name="minimum">How many.</param>
/// <param name="since">The transaction after which an instance must have registered; 0 for any.</param>
internal sealed class ServiceAgreement(ZooKeeperClient client, string basePath, string name, int minimum, long since)
{
    /// <summary>What was seen last, in words.</summary>
    public string Seen { get; private set; } = "the registry was not read yet";

    /// <summary>Waits.</summary>
    public async Task WaitAsync(CancellationToken ct)
    {
        var registry = new ServiceDiscovery(client, basePath);
        ServiceCache cache = await registry.OpenCacheAsync(name, ct).ConfigureAwait(false);
        await using (cache.ConfigureAwait(false))
        {
            var changed = new Signal();
            void OnChanged(object? sender, EventArgs e) => changed.Set();
            cache.Changed += OnChanged;
            try
            {
                while (await CountAsync(cache, ct).ConfigureAwait(false) < minimum)
                    await changed.WaitAsync(ct).ConfigureAwait(false);
            }
            finally
            {
                cache.Changed -= OnChanged;
            }
        }
    }

    private async Task<int> CountAsync(ServiceCache cache, CancellationToken ct)
    {
        ServiceInstance[] enabled = [.. cache.Instances.Where(static one => one.Enabled)];
        ZooKeeperClient current = await client.Succession.CurrentAsync(ct).ConfigureAwait(false);
        Stat?[] stats = await Task.WhenAll(enabled.Select(one =>
            current.RepeatAsync(() => current.ExistsAsync(ZPath.Combine(ZPath.Combine(basePath, name), one.Id), ct), ct))).ConfigureAwait(false);
        // One that does not end with its process says nothing of when that began.
        int counted = stats.Count(stat => stat is { } there && (there.Czxid > since || there.EphemeralOwner == 0));
        int old = stats.Count(static stat => stat is not null) - counted;
        Seen = $"{counted} of {minimum} instances of service {name} are registered at {basePath}{(old > 0 ? $", and {old} from before this rollout" : "")}";
        return counted;
    }
}
