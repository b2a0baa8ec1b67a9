namespace CoordPS;

/// <summary>A configuration that has changed.</summary>
/// <param name="Time">When it was noticed.</param>
/// <param name="Path">The configuration's path.</param>
/// <param name="Zxid">The last transaction that changed it.</param>
/// <param name="Value">The configuration now, as nested objects.</param>
/// <param name="Changes">What changed since the one before; for the first, everything.</param>
public sealed record CoordConfigUpdate(DateTimeOffset Time, string Path, long Zxid, object? Value, IReadOnlyList<CoordConfigChange> Changes);
