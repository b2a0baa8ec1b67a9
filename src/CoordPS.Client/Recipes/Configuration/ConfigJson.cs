using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using CoordPS.Protocol;

namespace CoordPS.Client.Recipes;

/// <summary>
/// A configuration as JSON. An object is a znode with children, by name. Any other value is a znode without: text as it is, in UTF-8; a
/// number, a boolean or an array as its JSON; null as no bytes; other bytes as <c>{"$base64": "..."}</c>. The value that a znode has besides
/// its children is called <c>$value</c>. Text that would read as another type (<c>"8080"</c>) is written with its quotation marks, so that it
/// comes back as text.
/// </summary>
public static class ConfigJson
{
    /// <summary>The name of the value that a znode has besides its children.</summary>
    public const string ValueKey = "$value";

    /// <summary>The name by which bytes that are no text are given.</summary>
    public const string Base64Key = "$base64";

    private static readonly JsonSerializerOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <summary>The znodes that nested objects stand for, by their paths below the root; parents before their children.</summary>
    /// <exception cref="FormatException">A name can't be a znode's.</exception>
    public static IReadOnlyDictionary<string, byte[]?> Flatten(JsonNode? json)
    {
        SortedDictionary<string, byte[]?> result = new(StringComparer.Ordinal);
        Collect(json, "", result);
        return result;
    }

    /// <summary>The nested objects that znodes stand for.</summary>
    /// <param name="values">The bytes by their paths below the root.</param>
    /// <param name="typed">Whether values that are JSON become numbers, booleans and arrays; else all are text.</param>
    /// <returns>An object; a single value when there is only the root; null when there is nothing.</returns>
    public static JsonNode? ToJson(IReadOnlyDictionary<string, byte[]?> values, bool typed = true)
    {
        ArgumentNullException.ThrowIfNull(values);
        HashSet<string> parents = [.. values.Keys.Where(path => path.Length > 0).Select(ParentOf)];
        Dictionary<string, JsonObject> objects = [];
        JsonNode? root = null;
        foreach ((string path, byte[]? data) in values.OrderBy(value => value.Key, StringComparer.Ordinal))
        {
            JsonNode? node;
            if (parents.Contains(path))
            {
                var own = new JsonObject();
                if (data is { Length: > 0 })
                    own[ValueKey] = Value(data, typed);
                node = objects[path] = own;
            }
            else
            {
                node = Value(data, typed);
            }

            if (path.Length == 0)
                root = node;
            else
                Parent(objects, path, ref root)[ZPath.Name("/" + path)] = node;
        }

        return root;
    }

    /// <summary>The bytes of a value without children.</summary>
    internal static byte[]? Bytes(JsonNode? value)
    {
        if (value is null)
            return null;
        if (value is JsonObject bytes && bytes.Count == 1 && bytes[Base64Key] is JsonValue encoded)
            return Convert.FromBase64String((string)encoded!);
        if (value is not JsonValue || value.GetValueKind() != JsonValueKind.String)
            return Encoding.UTF8.GetBytes(value.ToJsonString(Options));
        string text = (string)value!;
        // What would read as something else keeps its quotation marks.
        return Encoding.UTF8.GetBytes(text.Length == 0 || TryParse(text) is not null || text == "null" ? JsonValue.Create(text).ToJsonString(Options) : text);
    }

    private static void Collect(JsonNode? json, string path, SortedDictionary<string, byte[]?> result)
    {
        if (json is not JsonObject branch || (branch.Count == 1 && branch.ContainsKey(Base64Key)))
        {
            try
            {
                result[path] = Bytes(json);
            }
            catch (Exception e) when (e is FormatException or InvalidOperationException or ArgumentNullException)
            {
                throw new FormatException($"'{path}' has a {Base64Key} that is no text in Base64.", e);
            }

            return;
        }

        result[path] = branch.TryGetPropertyValue(ValueKey, out JsonNode? own) ? Bytes(own) : null;
        foreach ((string name, JsonNode? value) in branch)
        {
            if (name == ValueKey)
                continue;
            if (name.Length == 0 || name.Contains('/', StringComparison.Ordinal) || ZPath.Check("/" + name) is not null)
                throw new FormatException($"'{name}' in '{path}' can't be the name of a znode: {ZPath.Check("/" + name) ?? (name.Length == 0 ? "it is empty" : "it has a slash")}.");
            Collect(value, path.Length == 0 ? name : $"{path}/{name}", result);
        }
    }

    private static JsonNode? Value(byte[]? data, bool typed)
    {
        if (data is not { Length: > 0 })
            return null;
        string text;
        try
        {
            text = Strict.GetString(data);
        }
        catch (DecoderFallbackException)
        {
            return new JsonObject { [Base64Key] = Convert.ToBase64String(data) };
        }

        return (typed ? TryParse(text) : null) ?? JsonValue.Create(text);
    }

    /// <summary>The value that a text is as JSON; null when it is none, is null, or is an object, which a znode's children would be.</summary>
    private static JsonNode? TryParse(string text)
    {
        if (text.Length == 0 || !(text[0] is '[' or '"' or '-' or 't' or 'f' || char.IsAsciiDigit(text[0])))
            return null;
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string ParentOf(string path) => path.LastIndexOf('/') is > 0 and int slash ? path[..slash] : "";

    private static JsonObject Parent(Dictionary<string, JsonObject> objects, string path, ref JsonNode? root)
    {
        string parent = ParentOf(path);
        if (objects.TryGetValue(parent, out JsonObject? found))
            return found;
        var made = objects[parent] = [];
        if (parent.Length == 0)
            root = made;
        else
            Parent(objects, parent, ref root)[ZPath.Name("/" + parent)] = made;
        return made;
    }
}
