using System.Text.Json.Serialization;

namespace CoordPS.Containers;

/// <summary>What every part of the Engine API has in common.</summary>
[JsonSerializable(typeof(EngineMessage))]
[JsonSerializable(typeof(Dictionary<string, string[]>))]
internal sealed partial class EngineJson : JsonSerializerContext;

/// <summary>The body of an error.</summary>
internal sealed class EngineMessage
{
    /// <summary>What the engine says.</summary>
    [JsonPropertyName("message")]
    public string? Message { get; init; }
}
