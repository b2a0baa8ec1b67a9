using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CoordPS.Client.Recipes;

/// <summary>
/// A service instance as Curator's <c>JsonInstanceSerializer</c> writes it. <c>enabled</c> is left out unless it is false: Curator leaves it
/// out by default, and older versions refuse what they don't know.
/// </summary>
public static class ServiceInstanceJson
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The bytes of an instance's znode.</summary>
    public static byte[] Write(ServiceInstance instance)
    {
        ArgumentNullException.ThrowIfNull(instance);
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            json.WriteString("name", instance.Name);
            json.WriteString("id", instance.Id);
            json.WriteString("address", instance.Address);
            WriteNumber(json, "port", instance.Port);
            WriteNumber(json, "sslPort", instance.SslPort);
            json.WritePropertyName("payload");
            if (instance.Payload is null)
                json.WriteNullValue();
            else
                instance.Payload.WriteTo(json);
            json.WriteNumber("registrationTimeUTC", instance.RegistrationTime.ToUnixTimeMilliseconds());
            json.WriteString("serviceType", TypeName(instance.ServiceType));
            json.WritePropertyName("uriSpec");
            WriteUriSpec(json, instance.UriSpec);
            if (!instance.Enabled)
                json.WriteBoolean("enabled", false);
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    /// <summary>Reads the bytes of an instance's znode. What it does not know it leaves out of account.</summary>
    /// <exception cref="FormatException">They are no instance.</exception>
    public static ServiceInstance Read(ReadOnlySpan<byte> bytes)
    {
        try
        {
            var reader = new Utf8JsonReader(bytes);
            if (JsonNode.Parse(ref reader) is not JsonObject json)
                throw new FormatException("A service instance is a JSON object; this is none.");
            return new ServiceInstance
            {
                Name = (string?)json["name"] ?? throw new FormatException("The service instance has no name."),
                Id = (string?)json["id"] ?? throw new FormatException("The service instance has no id."),
                Address = (string?)json["address"],
                Port = (int?)json["port"],
                SslPort = (int?)json["sslPort"],
                Payload = json["payload"]?.DeepClone(),
                RegistrationTime = DateTimeOffset.FromUnixTimeMilliseconds((long?)json["registrationTimeUTC"] ?? 0),
                ServiceType = TypeOf((string?)json["serviceType"]),
                UriSpec = json["uriSpec"] is JsonObject spec ? ReadUriSpec(spec) : null,
                Enabled = (bool?)json["enabled"] ?? true,
            };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentOutOfRangeException)
        {
            throw new FormatException($"These bytes are no service instance in Curator's JSON: {e.Message}", e);
        }
    }

    internal static string TypeName(ServiceType type) => type switch
    {
        ServiceType.Static => "STATIC",
        ServiceType.Permanent => "PERMANENT",
        ServiceType.DynamicSequential => "DYNAMIC_SEQUENTIAL",
        _ => "DYNAMIC",
    };

    private static ServiceType TypeOf(string? name) => name switch
    {
        "STATIC" => ServiceType.Static,
        "PERMANENT" => ServiceType.Permanent,
        "DYNAMIC_SEQUENTIAL" => ServiceType.DynamicSequential,
        null or "DYNAMIC" => ServiceType.Dynamic,
        _ => throw new FormatException($"'{name}' is no type of service."),
    };

    private static void WriteNumber(Utf8JsonWriter json, string name, int? value)
    {
        if (value is { } number)
            json.WriteNumber(name, number);
        else
            json.WriteNull(name);
    }

    private static void WriteUriSpec(Utf8JsonWriter json, ServiceUriSpec? spec)
    {
        if (spec is null)
        {
            json.WriteNullValue();
            return;
        }

        json.WriteStartObject();
        json.WriteStartArray("parts");
        foreach ((string value, bool isVariable) in spec.Parts)
        {
            json.WriteStartObject();
            json.WriteString("value", value);
            json.WriteBoolean("variable", isVariable);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static ServiceUriSpec ReadUriSpec(JsonObject spec) =>
        new([.. (spec["parts"] as JsonArray ?? []).OfType<JsonObject>().Select(part => ((string?)part["value"] ?? "", (bool?)part["variable"] ?? false))]);
}
