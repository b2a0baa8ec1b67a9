namespace CoordPS.Client.Recipes;

/// <summary>When a provider leaves an instance out.</summary>
public sealed record DownInstancePolicy
{
    /// <summary>How many errors within <see cref="Timeout"/> of the first make an instance down. Default 2, as Curator's.</summary>
    public int ErrorThreshold { get; init; } = 2;

    /// <summary>How long after its first error an instance is forgiven. Default 30 seconds, as Curator's.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);
}
