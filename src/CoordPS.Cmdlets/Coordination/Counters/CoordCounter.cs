namespace CoordPS;

/// <summary>A counter's value, as it was read or made.</summary>
/// <param name="Path">The counter's path.</param>
/// <param name="Value">The value.</param>
/// <param name="Version">The znode's version.</param>
/// <param name="Session">The session it was read in.</param>
public sealed record CoordCounter(string Path, long Value, int Version, CoordSession Session);
