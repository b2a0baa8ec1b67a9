using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CoordPS.Kubernetes;

/// <summary>Reading of JSON that may lack any part, or have another type than the API says.</summary>
internal static class JsonText
{
    /// <summary>For people: indented, and without escapes that only HTML needs.</summary>
    public static JsonSerializerOptions Indented { get; } = new() { WriteIndented = true, IndentSize = 2, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>For comparison and short texts: on one line.</summary>
    public static JsonSerializerOptions Compact { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string? Text(this JsonObject? json, string name) =>
        json?[name] is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    public static long? Number(this JsonObject? json, string name)
    {
        if (json?[name] is not JsonValue value || value.GetValueKind() != JsonValueKind.Number)
            return null;
        return value.TryGetValue(out long number) ? number
            : value.TryGetValue(out int small) ? small
            : value.TryGetValue(out double real) ? (long)real
            : null;
    }

    public static int? Int(this JsonObject? json, string name) => (int?)json.Number(name);

    public static bool? Flag(this JsonObject? json, string name) =>
        json?[name] is JsonValue value && value.TryGetValue(out bool flag) ? flag : null;

    public static DateTimeOffset? Time(this JsonObject? json, string name) =>
        json.Text(name) is { } text && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;

    public static JsonObject? Object(this JsonObject? json, string name) => json?[name] as JsonObject;

    public static JsonArray? Array(this JsonObject? json, string name) => json?[name] as JsonArray;

    public static IEnumerable<JsonObject> Objects(this JsonObject? json, string name) => json?[name] is JsonArray list ? list.OfType<JsonObject>() : [];

    public static IReadOnlyDictionary<string, string> Texts(this JsonObject? json)
    {
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach ((string name, JsonNode? value) in json ?? [])
        {
            if (value is JsonValue scalar)
                texts[name] = scalar.TryGetValue(out string? text) ? text : scalar.ToJsonString();
        }

        return texts;
    }

    public static JsonObject Ensure(this JsonObject json, string name)
    {
        if (json[name] is JsonObject there)
            return there;
        var made = new JsonObject();
        json[name] = made;
        return made;
    }

    public static byte[] ToUtf8(this JsonNode json) => Unescape(JsonSerializer.SerializeToUtf8Bytes(json, Compact));

    /// <summary>
    /// Writes as themselves what the serializer writes as two escapes, the characters beyond U+FFFF: a server reads what it is to apply as YAML,
    /// which has no such pairs.
    /// </summary>
    private static byte[] Unescape(byte[] json)
    {
        if (json.AsSpan().IndexOf("\\uD"u8) < 0)
            return json;
        int length = 0;
        for (int i = 0; i < json.Length;)
        {
            if (json[i] != '\\')
            {
                json[length++] = json[i++];
            }
            else if (UnitAt(json, i) is { } high && UnitAt(json, i + 6) is { } low && char.IsSurrogatePair(high, low))
            {
                length += new Rune(high, low).EncodeToUtf8(json.AsSpan(length));
                i += 12;
            }
            else
            {
                json[length++] = json[i++];
                json[length++] = json[i++];
            }
        }

        return json[..length];
    }

    private static char? UnitAt(byte[] json, int at) =>
        at + 6 <= json.Length && json[at] == '\\' && json[at + 1] == 'u' && Utf8Parser.TryParse(json.AsSpan(at + 2, 4), out ushort unit, out int read, 'X') && read == 4
            ? (char)unit : null;
}
