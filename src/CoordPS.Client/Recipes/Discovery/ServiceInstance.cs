using System.Globalization;
using System.Text.Json.Nodes;
using CoordPS.Protocol;

namespace CoordPS.Client.Recipes;

/// <summary>An instance of a service, as Curator's service discovery knows it.</summary>
public sealed record ServiceInstance
{
    /// <summary>What Curator is told a payload of plain metadata is.</summary>
    public const string MetadataClass = "java.util.LinkedHashMap";

    internal const string ClassKey = "@class";

    /// <summary>The service's name: the name of a znode.</summary>
    public required string Name { get; init; }

    /// <summary>The instance's id, which no other instance of the service has. Default: a new GUID.</summary>
    public string Id { get; init; } = Guid.NewGuid().ToString();

    /// <summary>The address or host name.</summary>
    public string? Address { get; init; }

    /// <summary>The port.</summary>
    public int? Port { get; init; }

    /// <summary>The port for TLS.</summary>
    public int? SslPort { get; init; }

    /// <summary>
    /// What else there is to know, as JSON. Curator writes the class of a Java payload as <c>@class</c> in it; that is kept as it is. One
    /// without <c>@class</c> is a map to Curator.
    /// </summary>
    public JsonNode? Payload { get; init; }

    /// <summary>When it was registered. Default: now.</summary>
    public DateTimeOffset RegistrationTime { get; init; } = DateTimeOffset.UtcNow;

    /// <summary>How long the registration lasts.</summary>
    public ServiceType ServiceType { get; init; }

    /// <summary>How its URI is made; null when nobody said.</summary>
    public ServiceUriSpec? UriSpec { get; init; }

    /// <summary>Whether providers may choose it. Default true.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>The plain values of the payload, or of its <c>metadata</c> as Spring Cloud writes it; empty when the payload is no object.</summary>
    public IReadOnlyDictionary<string, string> Metadata
    {
        get
        {
            JsonObject? values = Payload as JsonObject;
            if (values?["metadata"] is JsonObject nested)
                values = nested;
            return values?.Where(value => value.Key != ClassKey && value.Value is JsonValue).ToDictionary(value => value.Key, value => value.Value!.ToString())
                ?? [];
        }
    }

    /// <summary>Its URI: by its <see cref="UriSpec"/>, else <c>http://ADDRESS:PORT</c>, or https with the TLS port when it has one.</summary>
    public string Uri => (UriSpec ?? ServiceUriSpec.Default(SslPort is not null)).Build(this);

    /// <summary>A payload of plain metadata.</summary>
    public static JsonObject ToPayload(IEnumerable<KeyValuePair<string, string>> metadata)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        var payload = new JsonObject { [ClassKey] = MetadataClass };
        foreach ((string key, string value) in metadata)
            payload[key] = value;
        return payload;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Name}/{Id} {Address}:{Port ?? SslPort}");

    internal void Validate()
    {
        foreach ((string value, string what) in new[] { (Name, nameof(Name)), (Id, nameof(Id)) })
        {
            if (string.IsNullOrEmpty(value) || value.Contains('/', StringComparison.Ordinal) || !ZPath.IsValid("/" + value))
                throw new ArgumentException($"The {what} '{value}' is no name of a znode.");
        }
    }
}
