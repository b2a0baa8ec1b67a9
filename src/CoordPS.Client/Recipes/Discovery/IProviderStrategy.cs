namespace CoordPS.Client.Recipes;

/// <summary>How a provider chooses among instances. Called from any thread.</summary>
public interface IProviderStrategy
{
    /// <summary>Chooses one.</summary>
    /// <param name="instances">Those there are, in the order of their ids.</param>
    /// <returns>One of them, or null when there is none.</returns>
    ServiceInstance? Choose(IReadOnlyList<ServiceInstance> instances);

    /// <summary>Learns that an instance failed.</summary>
    void NoteError(ServiceInstance instance)
    {
    }
}
