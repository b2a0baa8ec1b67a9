namespace CoordPS.Containers;

/// <summary>What an engine says of itself before anything else.</summary>
/// <param name="ApiVersion">The newest version that it speaks.</param>
/// <param name="OperatingSystem"><c>linux</c> or <c>windows</c>: what its containers run.</param>
/// <param name="BuilderVersion"><c>2</c> when it prefers BuildKit; empty when it does not say.</param>
public sealed record EngineInfo(ApiVersion ApiVersion, string OperatingSystem, string BuilderVersion);
