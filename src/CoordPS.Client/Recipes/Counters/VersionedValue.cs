namespace CoordPS.Client.Recipes;

/// <summary>A value and the version of the znode it was read from.</summary>
/// <typeparam name="T">The value's type.</typeparam>
/// <param name="Value">The value.</param>
/// <param name="Version">The znode's version; -1 when there is no znode yet.</param>
public readonly record struct VersionedValue<T>(T Value, int Version);
