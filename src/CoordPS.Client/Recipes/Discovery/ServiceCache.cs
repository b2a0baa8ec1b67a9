using System.Runtime.CompilerServices;

namespace CoordPS.Client.Recipes;

/// <summary>What happened to a service's instances.</summary>
/// <param name="Type">Added, changed or removed; suspended and resumed concern the whole list.</param>
/// <param name="Instance">The instance as it is now, or, removed, as it was last; null for what concerns the whole list.</param>
public sealed record ServiceChange(TreeCacheEventType Type, ServiceInstance? Instance);

/// <summary>
/// A local list of a service's instances that follows the registry. While no server can be reached it keeps what it had: a provider should
/// rather try an instance that may be gone than none.
/// </summary>
public sealed class ServiceCache : IAsyncDisposable
{
    private readonly TreeCache _tree;
    private readonly Lock _gate = new();
    private volatile ServiceInstance[] _instances = [];

    private ServiceCache(string name, TreeCache tree)
    {
        Name = name;
        _tree = tree;
        tree.Changed += OnChanged;
        Refresh();
    }

    /// <summary>Raised when <see cref="Instances"/> has changed.</summary>
    public event EventHandler? Changed;

    /// <summary>The service.</summary>
    public string Name { get; }

    /// <summary>The instances, in the order of their ids. What is no instance is left out.</summary>
    public IReadOnlyList<ServiceInstance> Instances => _instances;

    /// <summary>Whether the list was up to date when the server was last heard of.</summary>
    public bool IsCurrent => _tree.IsCurrent;

    /// <summary>The changes from now on as a stream, until the cache is disposed.</summary>
    /// <param name="includeCurrent">Whether to begin with the instances there are, as added.</param>
    /// <param name="ct">Ends the enumeration.</param>
    public async IAsyncEnumerable<ServiceChange> ReadChangesAsync(bool includeCurrent = false, [EnumeratorCancellation] CancellationToken ct = default)
    {
        await foreach (TreeCacheEvent e in _tree.ReadEventsAsync(includeCurrent, ct).ConfigureAwait(false))
        {
            if (e.Type is TreeCacheEventType.Suspended or TreeCacheEventType.Resumed)
                yield return new ServiceChange(e.Type, null);
            else if (e.Path is { } path && path != _tree.Path && ServiceDiscovery.TryRead(e.Node!.Value) is { } instance)
                yield return new ServiceChange(e.Type, instance);
        }
    }

    /// <summary>Ends following the registry.</summary>
    public ValueTask DisposeAsync() => _tree.DisposeAsync();

    internal static async Task<ServiceCache> OpenAsync(ZooKeeperClient client, string name, string path, CancellationToken ct) =>
        new(name, await TreeCache.StartAsync(client, path, null, maxDepth: 1, ct).ConfigureAwait(false));

    private void OnChanged(object? sender, TreeCacheEvent e)
    {
        if (e.Path is null)
            return;
        Refresh();
        Changed?.Invoke(this, EventArgs.Empty);
    }

    private void Refresh()
    {
        // So that an older view never takes the place of a newer.
        lock (_gate)
            _instances = [.. _tree.Snapshot().Where(node => node.Key != _tree.Path).Select(node => ServiceDiscovery.TryRead(node.Value)).OfType<ServiceInstance>().OrderBy(i => i.Id, StringComparer.Ordinal)];
    }
}
