namespace CoordPS.Client.Recipes;

/// <summary>A configuration that has changed.</summary>
/// <param name="Snapshot">The configuration now.</param>
/// <param name="Changes">What changed since the one reported before; for the first, everything.</param>
public sealed record ConfigUpdate(ConfigSnapshot Snapshot, IReadOnlyList<ConfigChange> Changes);
