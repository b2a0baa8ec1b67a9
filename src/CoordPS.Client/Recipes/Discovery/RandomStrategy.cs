namespace CoordPS.Client.Recipes;

/// <summary>Any, each as likely as another.</summary>
/// <param name="random">Where chance comes from; null for the shared one.</param>
public sealed class RandomStrategy(Random? random = null) : IProviderStrategy
{
    private readonly Random _random = random ?? Random.Shared;

    /// <inheritdoc/>
    public ServiceInstance? Choose(IReadOnlyList<ServiceInstance> instances)
    {
        ArgumentNullException.ThrowIfNull(instances);
        return instances.Count == 0 ? null : instances[_random.Next(instances.Count)];
    }
}
