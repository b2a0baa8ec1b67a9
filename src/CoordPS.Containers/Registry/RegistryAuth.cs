using System.Text.Json;
using System.Text.Json.Serialization;

namespace CoordPS.Containers;

/// <summary>Credentials for a registry. The engine gets them with each request and keeps none.</summary>
public sealed class RegistryAuth
{
    /// <summary>The user's name; null with a token.</summary>
    [JsonPropertyName("username")]
    public string? UserName { get; init; }

    /// <summary>The password.</summary>
    [JsonPropertyName("password")]
    public string? Password { get; init; }

    /// <summary>The registry.</summary>
    [JsonPropertyName("serveraddress")]
    public string? ServerAddress { get; init; }

    /// <summary>A token that stands for name and password.</summary>
    [JsonPropertyName("identitytoken")]
    public string? IdentityToken { get; init; }

    /// <summary>A token that goes to the registry as it is.</summary>
    [JsonPropertyName("registrytoken")]
    public string? RegistryToken { get; init; }

    /// <summary>The value of <c>X-Registry-Auth</c>; one that says "nobody" for null, which some engines insist on.</summary>
    internal static string ToHeader(RegistryAuth? auth) => Encode(JsonSerializer.SerializeToUtf8Bytes(auth ?? new RegistryAuth(), RegistryJson.Default.RegistryAuth));

    /// <summary>The value of <c>X-Registry-Config</c>.</summary>
    internal static string ToHeader(Dictionary<string, RegistryAuth> all) =>
        Encode(JsonSerializer.SerializeToUtf8Bytes(all, RegistryJson.Default.DictionaryStringRegistryAuth));

    // Go's URL encoding, which keeps the padding.
    private static string Encode(byte[] json) => Convert.ToBase64String(json).Replace('+', '-').Replace('/', '_');
}

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RegistryAuth))]
[JsonSerializable(typeof(Dictionary<string, RegistryAuth>))]
[JsonSerializable(typeof(HelperCredentials))]
[JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class RegistryJson : JsonSerializerContext;

/// <summary>What a credential helper answers.</summary>
internal sealed class HelperCredentials
{
    /// <summary>The user's name; <c>&lt;token&gt;</c> says that the secret is an identity token.</summary>
    public string? Username { get; init; }

    /// <summary>The password or token.</summary>
    public string? Secret { get; init; }
}
