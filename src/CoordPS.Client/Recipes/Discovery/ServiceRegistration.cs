namespace CoordPS.Client.Recipes;

/// <summary>An instance that was registered. Disposing it unregisters it, unless it is <see cref="ServiceType.Permanent"/>.</summary>
public sealed class ServiceRegistration : IAsyncDisposable
{
    private readonly ServiceDiscovery _discovery;
    private readonly PersistentEphemeralNode? _node;
    private int _disposed;

    internal ServiceRegistration(ServiceDiscovery discovery, ServiceInstance instance, PersistentEphemeralNode? node)
    {
        _discovery = discovery;
        _node = node;
        Instance = instance;
    }

    /// <summary>The instance as it is registered.</summary>
    public ServiceInstance Instance { get; private set; }

    /// <summary>The session it is registered by now; 0 when it does not depend on one, or while there is none.</summary>
    public long SessionId => _node?.SessionId ?? 0;

    /// <summary>Ends when it is disposed, or fails when it can't be kept; ended from the start when it does not depend on a session.</summary>
    public Task Completion => _node?.Completion ?? Task.CompletedTask;

    /// <summary>Changes what is registered: address, payload, whether it is enabled.</summary>
    /// <param name="instance">The instance, of the same name, id and type.</param>
    /// <param name="ct">Ends the wait.</param>
    public async Task UpdateAsync(ServiceInstance instance, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(instance);
        if (instance.Name != Instance.Name || instance.Id != Instance.Id || instance.ServiceType != Instance.ServiceType)
            throw new ArgumentException($"The registration is of {Instance.Name}/{Instance.Id}, {Instance.ServiceType}; name, id and type can't change.", nameof(instance));
        if (_node is not null)
            await _node.SetDataAsync(ServiceInstanceJson.Write(instance), ct).ConfigureAwait(false);
        else
            await _discovery.SetAsync(instance, ct).ConfigureAwait(false);
        Instance = instance;
    }

    /// <summary>Unregisters the instance, unless it is permanent.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        if (_node is not null)
            await _node.DisposeAsync().ConfigureAwait(false);
        else if (Instance.ServiceType == ServiceType.Static)
            await _discovery.UnregisterAsync(Instance.Name, Instance.Id).ConfigureAwait(false);
    }
}
