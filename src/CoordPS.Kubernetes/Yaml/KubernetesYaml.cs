using System.Text.Json.Nodes;

namespace CoordPS.Kubernetes;

/// <summary>
/// Objects as YAML, read as kubectl reads it: several documents in a text, aliases and merge keys resolved, and the scalars of YAML 1.1
/// (<c>yes</c> and <c>on</c> are booleans, <c>0755</c> is octal). What it writes is quoted so that any reader gives the same values back.
/// </summary>
public static class KubernetesYaml
{
    /// <summary>Reads the objects of a text, which may be YAML or JSON. Lists (<c>kind: List</c>) give their items; empty documents give nothing.</summary>
    /// <param name="text">The text.</param>
    /// <param name="source">What it is called in errors: a file's path; null for none.</param>
    /// <exception cref="FormatException">It is no YAML, or a document is no object; the message says where.</exception>
    public static IEnumerable<KubernetesObject> Read(string text, string? source = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        foreach ((JsonNode? document, long line) in YamlReader.Read(text, source))
        {
            if (document is null)
                continue;
            if (document is not JsonObject json)
                throw new FormatException($"{YamlReader.Place(source, line, null)}: a Kubernetes object is a mapping with apiVersion, kind and metadata, and this is none.");
            foreach (KubernetesObject item in Flatten(json, source, line))
                yield return item;
        }
    }

    /// <summary>Reads the objects of a file; see <see cref="Read(string, string?)"/>.</summary>
    /// <exception cref="FormatException">It is no YAML, or a document is no object; the message says where.</exception>
    /// <exception cref="IOException">The file can't be read.</exception>
    public static IEnumerable<KubernetesObject> ReadFile(string path) => Read(File.ReadAllText(path), path);

    /// <summary>Writes one object as a document, in the usual order: apiVersion, kind, metadata, spec, and so on.</summary>
    public static string Write(KubernetesObject value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return YamlText.Write(InOrder(value.Json));
    }

    /// <summary>Writes objects as documents parted by <c>---</c>.</summary>
    public static string Write(IEnumerable<KubernetesObject> values) => string.Join("---\n", values.Select(Write));

    /// <summary>The JSON with apiVersion, kind, metadata, spec first and status last; the rest keeps its order.</summary>
    internal static JsonObject InOrder(JsonObject json)
    {
        var ordered = new JsonObject();
        foreach ((string name, JsonNode? value) in json.OrderBy(static pair => pair.Key switch
        {
            "apiVersion" => 0,
            "kind" => 1,
            "metadata" => 2,
            "status" => 4,
            _ => 3,
        }))
        {
            ordered[name] = value?.DeepClone();
        }

        return ordered;
    }

    private static IEnumerable<KubernetesObject> Flatten(JsonObject json, string? source, long line)
    {
        if (json.Text("apiVersion") is not { Length: > 0 })
            throw new FormatException($"{YamlReader.Place(source, line, null)}: the object has no apiVersion.");
        if (json.Text("kind") is not { Length: > 0 } kind)
            throw new FormatException($"{YamlReader.Place(source, line, null)}: the object has no kind.");
        if (!kind.EndsWith("List", StringComparison.Ordinal) || json["items"] is not JsonArray items)
        {
            yield return new KubernetesObject(json);
            yield break;
        }

        int index = 0;
        foreach (JsonNode? item in items)
        {
            if (item is not JsonObject inner)
                throw new FormatException($"{YamlReader.Place(source, line, null)}: item {index} of the list is no object.");
            index++;
            var copy = (JsonObject)inner.DeepClone();
            if (kind != "List")
            {
                // The items of a typed list do not repeat their type.
                copy["apiVersion"] ??= json.Text("apiVersion");
                copy["kind"] ??= kind[..^4];
            }

            foreach (KubernetesObject value in Flatten(copy, source, line))
                yield return value;
        }
    }
}
