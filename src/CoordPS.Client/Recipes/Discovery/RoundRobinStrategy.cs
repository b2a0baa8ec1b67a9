namespace CoordPS.Client.Recipes;

/// <summary>Each in turn.</summary>
public sealed class RoundRobinStrategy : IProviderStrategy
{
    private int _next = -1;

    /// <inheritdoc/>
    public ServiceInstance? Choose(IReadOnlyList<ServiceInstance> instances)
    {
        ArgumentNullException.ThrowIfNull(instances);
        return instances.Count == 0 ? null : instances[(int)((uint)Interlocked.Increment(ref _next) % (uint)instances.Count)];
    }
}
