namespace CoordPS.Containers;

/// <summary>Something that happened in a push or pull.</summary>
/// <param name="Layer">The layer's short ID; null when it is about the image.</param>
/// <param name="Status">What happens, in the engine's words.</param>
/// <param name="Current">Bytes so far; null when it does not apply.</param>
/// <param name="Total">Bytes in all; null when unknown.</param>
/// <param name="Digest">The digest by which the registry knows the image; in the last event.</param>
public sealed record TransferEvent(string? Layer, string Status, long? Current, long? Total, string? Digest);
