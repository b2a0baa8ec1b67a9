namespace CoordPS.Client.Recipes;

/// <summary>The one whose last failure, as reported to the provider, was longest ago; in turn among those that never failed.</summary>
public sealed class LeastRecentlyFailedStrategy : IProviderStrategy
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _failures = new(StringComparer.Ordinal);
    private readonly RoundRobinStrategy _turn = new();
    private long _count;

    /// <inheritdoc/>
    public ServiceInstance? Choose(IReadOnlyList<ServiceInstance> instances)
    {
        ArgumentNullException.ThrowIfNull(instances);
        lock (_gate)
        {
            ServiceInstance[] sound = [.. instances.Where(instance => !_failures.ContainsKey(instance.Id))];
            return sound.Length > 0 ? _turn.Choose(sound) : instances.MinBy(instance => _failures[instance.Id]);
        }
    }

    /// <inheritdoc/>
    public void NoteError(ServiceInstance instance)
    {
        ArgumentNullException.ThrowIfNull(instance);
        lock (_gate)
            _failures[instance.Id] = ++_count;
    }
}
