namespace CoordPS.Client.Recipes;

/// <summary>A znode of a configuration.</summary>
/// <param name="Data">Its bytes; null when it was created with null.</param>
/// <param name="Version">Its version, by which a change is refused when another came first.</param>
/// <param name="Mzxid">The transaction that last changed it.</param>
public sealed record ConfigEntry(byte[]? Data, int Version, long Mzxid);
