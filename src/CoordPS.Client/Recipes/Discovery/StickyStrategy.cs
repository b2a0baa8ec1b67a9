namespace CoordPS.Client.Recipes;

/// <summary>The same as last time as long as it is there, else one chosen by another strategy.</summary>
/// <param name="first">The other strategy; null for <see cref="RandomStrategy"/>.</param>
public sealed class StickyStrategy(IProviderStrategy? first = null) : IProviderStrategy
{
    private readonly IProviderStrategy _first = first ?? new RandomStrategy();
    private readonly Lock _gate = new();
    private string? _id;

    /// <inheritdoc/>
    public ServiceInstance? Choose(IReadOnlyList<ServiceInstance> instances)
    {
        ArgumentNullException.ThrowIfNull(instances);
        lock (_gate)
        {
            ServiceInstance? chosen = instances.FirstOrDefault(instance => instance.Id == _id) ?? _first.Choose(instances);
            _id = chosen?.Id;
            return chosen;
        }
    }

    /// <inheritdoc/>
    public void NoteError(ServiceInstance instance) => _first.NoteError(instance);
}
