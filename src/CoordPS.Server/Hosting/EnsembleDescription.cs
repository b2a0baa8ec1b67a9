using System.Text.Json.Serialization;

namespace CoordPS.Server.Hosting;

/// <summary>What <c>ensemble.json</c> in an ensemble's folder tells: which members it has, in which folders. The rest is in their <c>zoo.cfg</c>.</summary>
internal sealed record EnsembleDescription
{
    /// <summary>The name it was made with.</summary>
    public required string Name { get; init; }

    /// <summary>Its members.</summary>
    public required IReadOnlyList<DescribedMember> Members { get; init; }

    /// <summary>The password of <c>super</c>, which may change the ensemble's configuration; null when the settings name another.</summary>
    public string? SuperPassword { get; init; }
}

/// <summary>A member in <c>ensemble.json</c>.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Folder">Its folder, relative to the ensemble's.</param>
internal sealed record DescribedMember(long Id, string Folder);

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(EnsembleDescription))]
[JsonSerializable(typeof(EnsembleRecord))]
internal sealed partial class HostingJson : JsonSerializerContext;
