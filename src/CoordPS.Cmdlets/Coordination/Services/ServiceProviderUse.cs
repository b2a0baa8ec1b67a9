using CoordPS.Client.Recipes;

namespace CoordPS.Cmdlets;

/// <summary>A provider that goes on from one resolution to the next; it ends with its session.</summary>
internal sealed record ServiceProviderUse(CoordSession Session, string BasePath, string Name, CoordStrategy Strategy, ServiceProvider Provider) : IHeld
{
    /// <inheritdoc/>
    public HeldSet? Holder { get; set; }
}
