namespace CoordPS.Client.Recipes;

/// <summary>Chooses one of a service's instances at a time: of those that are enabled and not down, by a strategy.</summary>
public sealed class ServiceProvider : IAsyncDisposable
{
    private readonly IProviderStrategy _strategy;
    private readonly DownInstances _down;

    internal ServiceProvider(ServiceCache cache, IProviderStrategy strategy, DownInstancePolicy policy)
    {
        Cache = cache;
        _strategy = strategy;
        _down = new DownInstances(policy, TimeProvider.System);
    }

    /// <summary>The list it chooses from.</summary>
    public ServiceCache Cache { get; }

    /// <summary>Chooses an instance. When all are down it chooses among those: one that may work is better than none.</summary>
    /// <returns>The instance, or null when there is none that is enabled.</returns>
    public ServiceInstance? GetInstance()
    {
        ServiceInstance[] enabled = [.. Cache.Instances.Where(instance => instance.Enabled)];
        ServiceInstance[] up = [.. enabled.Where(instance => !_down.IsDown(instance))];
        return _strategy.Choose(up.Length > 0 ? up : enabled);
    }

    /// <summary>The instances that are enabled and not down.</summary>
    public IReadOnlyList<ServiceInstance> GetInstances() => [.. Cache.Instances.Where(instance => instance.Enabled && !_down.IsDown(instance))];

    /// <summary>Reports that an instance failed: enough of that, and it is left out for a while.</summary>
    public void NoteError(ServiceInstance instance)
    {
        ArgumentNullException.ThrowIfNull(instance);
        _down.NoteError(instance);
        _strategy.NoteError(instance);
    }

    /// <summary>Ends following the registry.</summary>
    public ValueTask DisposeAsync() => Cache.DisposeAsync();
}
