using CoordPS.Protocol;

namespace CoordPS.Client.Recipes;

/// <summary>
/// A registry of services in the layout of Curator's service discovery: <c>BASE/NAME/ID</c>, each instance as JSON. Curator finds what is
/// registered here and the reverse.
/// </summary>
public sealed class ServiceDiscovery
{
    private readonly ZooKeeperClient _client;

    /// <summary>A registry below a znode.</summary>
    /// <param name="client">The session; registrations and caches go on with new ones when it expires, until this client is disposed.</param>
    /// <param name="basePath">The znode below which the services are. It is created, as a container, when need be.</param>
    public ServiceDiscovery(ZooKeeperClient client, string basePath)
    {
        ArgumentNullException.ThrowIfNull(client);
        _client = client;
        BasePath = ContendedLock.Checked(basePath);
    }

    /// <summary>The znode below which the services are.</summary>
    public string BasePath { get; }

    /// <summary>Registers an instance; one of the same name and id is replaced.</summary>
    /// <returns>The registration, which lasts as <see cref="ServiceInstance.ServiceType"/> says.</returns>
    /// <exception cref="ArgumentException">The name or the id can't be a znode's, or the type is <see cref="ServiceType.DynamicSequential"/>.</exception>
    public async Task<ServiceRegistration> RegisterAsync(ServiceInstance instance, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(instance);
        instance.Validate();
        byte[] data = ServiceInstanceJson.Write(instance);
        string path = PathOf(instance.Name, instance.Id);
        switch (instance.ServiceType)
        {
            case ServiceType.Dynamic:
                return new ServiceRegistration(this, instance, await PersistentEphemeralNode.StartAsync(_client, path, data, ct).ConfigureAwait(false));
            case ServiceType.Static or ServiceType.Permanent:
                await ReplaceAsync(path, data, ct).ConfigureAwait(false);
                return new ServiceRegistration(this, instance, null);
            default:
                throw new ArgumentException($"'{instance.Name}' can't be registered as {instance.ServiceType}: a lost answer could register it twice. Use {nameof(ServiceType.Dynamic)}.", nameof(instance));
        }
    }

    /// <summary>Removes an instance, whoever registered it. A dynamic one whose owner lives comes back.</summary>
    public async Task UnregisterAsync(string name, string id, CancellationToken ct = default)
    {
        ZooKeeperClient client = await CurrentAsync(ct).ConfigureAwait(false);
        await client.DeleteIfThereAsync(PathOf(name, id), ct).ConfigureAwait(false);
    }

    /// <summary>The names of the services there are, with or without instances, in their order.</summary>
    public async Task<IReadOnlyList<string>> GetNamesAsync(CancellationToken ct = default)
    {
        ZooKeeperClient client = await CurrentAsync(ct).ConfigureAwait(false);
        ChildrenResult? names = await client.TryGetChildrenAsync(BasePath, null, ct).ConfigureAwait(false);
        return [.. (names?.Children ?? []).Order(StringComparer.Ordinal)];
    }

    /// <summary>The instances of a service, in the order of their ids; none when there is no such service. What is no instance is left out.</summary>
    public async Task<IReadOnlyList<ServiceInstance>> GetInstancesAsync(string name, CancellationToken ct = default)
    {
        ZooKeeperClient client = await CurrentAsync(ct).ConfigureAwait(false);
        List<ServiceInstance> instances = [];
        await foreach ((_, ZNodeData node) in client.ReadChildrenAsync(ZPath.Combine(BasePath, name), ct).ConfigureAwait(false))
        {
            if (TryRead(node) is { } instance)
                instances.Add(instance);
        }

        return [.. instances.OrderBy(instance => instance.Id, StringComparer.Ordinal)];
    }

    /// <summary>An instance, or null when there is none of that id.</summary>
    /// <exception cref="FormatException">The znode holds something else.</exception>
    public async Task<ServiceInstance?> GetInstanceAsync(string name, string id, CancellationToken ct = default)
    {
        ZooKeeperClient client = await CurrentAsync(ct).ConfigureAwait(false);
        return await client.TryGetDataAsync(PathOf(name, id), null, ct).ConfigureAwait(false) is { } node ? ServiceInstanceJson.Read(node.Data) : null;
    }

    /// <summary>Opens a local list of a service's instances that follows the registry. It is complete when the task ends.</summary>
    public Task<ServiceCache> OpenCacheAsync(string name, CancellationToken ct = default) =>
        ServiceCache.OpenAsync(_client, name, ZPath.Combine(BasePath, name), ct);

    /// <summary>Opens a provider, which chooses one of a service's instances at a time from such a list.</summary>
    /// <param name="name">The service.</param>
    /// <param name="strategy">How it chooses; null for <see cref="RoundRobinStrategy"/>.</param>
    /// <param name="downPolicy">When an instance that fails is left out; null for the defaults.</param>
    /// <param name="ct">Ends the wait.</param>
    public async Task<ServiceProvider> OpenProviderAsync(
        string name, IProviderStrategy? strategy = null, DownInstancePolicy? downPolicy = null, CancellationToken ct = default) =>
        new(await OpenCacheAsync(name, ct).ConfigureAwait(false), strategy ?? new RoundRobinStrategy(), downPolicy ?? new DownInstancePolicy());

    internal static ServiceInstance? TryRead(in ZNodeData node)
    {
        try
        {
            return ServiceInstanceJson.Read(node.Data);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    internal async Task SetAsync(ServiceInstance instance, CancellationToken ct)
    {
        ZooKeeperClient client = await CurrentAsync(ct).ConfigureAwait(false);
        await client.RepeatAsync(() => client.SetDataAsync(PathOf(instance.Name, instance.Id), ServiceInstanceJson.Write(instance), -1, ct), ct).ConfigureAwait(false);
    }

    private Task<ZooKeeperClient> CurrentAsync(CancellationToken ct) => _client.Succession.CurrentAsync(ct);

    private string PathOf(string name, string id) => ZPath.Combine(ZPath.Combine(BasePath, name), id);

    private async Task ReplaceAsync(string path, byte[] data, CancellationToken ct)
    {
        ZooKeeperClient client = await CurrentAsync(ct).ConfigureAwait(false);
        // Deleted and created, as Curator does it: so whoever watches sees a new instance.
        await client.DeleteIfThereAsync(path, ct).ConfigureAwait(false);
        while (true)
        {
            try
            {
                await client.RepeatAsync(() => client.CreateAsync(path, data, CreateMode.Persistent, null, null, ct), ct).ConfigureAwait(false);
                return;
            }
            catch (NodeExistsException)
            {
                // By a try whose answer was lost, or by another who registers the same: the last one's data counts.
                await client.RepeatAsync(() => client.SetDataAsync(path, data, -1, ct), ct).ConfigureAwait(false);
                return;
            }
            catch (NoNodeException)
            {
                await client.EnsureContainersAsync(ZPath.Parent(path), ct).ConfigureAwait(false);
            }
        }
    }
}
