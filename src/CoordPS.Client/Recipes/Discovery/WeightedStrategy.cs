using System.Globalization;

namespace CoordPS.Client.Recipes;

/// <summary>Any, each as likely as its weight. One of weight 0 is chosen only when all have it.</summary>
public sealed class WeightedStrategy : IProviderStrategy
{
    private readonly Func<ServiceInstance, double> _weight;
    private readonly Random _random;

    /// <summary>By the weight in the instances' metadata.</summary>
    /// <param name="weight">An instance's weight, 0 or more; null for the number in its metadata under <c>weight</c>, 1 without one.</param>
    /// <param name="random">Where chance comes from; null for the shared one.</param>
    public WeightedStrategy(Func<ServiceInstance, double>? weight = null, Random? random = null)
    {
        _weight = weight ?? WeightOf;
        _random = random ?? Random.Shared;
    }

    /// <summary>The number in an instance's metadata under <c>weight</c>; 1 without one, 0 for a negative one.</summary>
    public static double WeightOf(ServiceInstance instance)
    {
        ArgumentNullException.ThrowIfNull(instance);
        return instance.Metadata.TryGetValue("weight", out string? text) && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double weight)
            ? Math.Max(0, weight)
            : 1;
    }

    /// <inheritdoc/>
    public ServiceInstance? Choose(IReadOnlyList<ServiceInstance> instances)
    {
        ArgumentNullException.ThrowIfNull(instances);
        if (instances.Count == 0)
            return null;
        double[] weights = [.. instances.Select(_weight)];
        double sum = weights.Sum();
        if (sum <= 0)
            return instances[_random.Next(instances.Count)];
        double at = _random.NextDouble() * sum;
        int index = 0;
        while (index < weights.Length - 1 && at >= weights[index])
            at -= weights[index++];
        return instances[index];
    }
}
