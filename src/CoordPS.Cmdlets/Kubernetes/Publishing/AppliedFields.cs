using System.Text.Json.Nodes;
using CoordPS.Kubernetes;

namespace CoordPS.Cmdlets;

/// <summary>
/// What a field manager has applied of an object, taken out of the object itself by <c>metadata.managedFields</c>: to apply it again with one
/// thing changed takes nothing away.
/// </summary>
internal static class AppliedFields
{
    /// <summary>The fields that a manager has applied, with the values there are now; only name and type when it has applied none.</summary>
    public static KubernetesObject Of(KubernetesObject live, string manager)
    {
        JsonObject? fields = FieldsOf(live, manager);
        var applied = (fields is null ? null : Extract(live.Json, fields)) as JsonObject ?? [];
        applied["apiVersion"] = live.ApiVersion;
        applied["kind"] = live.Kind;
        var result = new KubernetesObject(applied) { Name = live.Name, Namespace = live.Namespace };
        return result;
    }

    /// <summary>Whether a manager has applied anything of an object.</summary>
    public static bool Any(KubernetesObject live, string manager) => FieldsOf(live, manager) is not null;

    private static JsonObject? FieldsOf(KubernetesObject live, string manager) =>
        (live.Metadata?["managedFields"] as JsonArray)?.OfType<JsonObject>()
            .FirstOrDefault(entry => (string?)entry["manager"] == manager && (string?)entry["operation"] == "Apply" && entry["subresource"] is null)?["fieldsV1"] as JsonObject;

    private static JsonNode? Extract(JsonNode? value, JsonObject fields)
    {
        if (!fields.Any(static field => field.Key != "."))
            return value?.DeepClone();
        switch (value)
        {
            case JsonObject map:
                var result = new JsonObject();
                foreach ((string field, JsonNode? inner) in fields)
                {
                    if (field.StartsWith("f:", StringComparison.Ordinal) && map.TryGetPropertyValue(field[2..], out JsonNode? there))
                        result[field[2..]] = Extract(there, inner as JsonObject ?? []);
                }

                return result;
            case JsonArray list:
                var items = new JsonArray();
                foreach ((string field, JsonNode? inner) in fields)
                {
                    if (field.StartsWith("k:", StringComparison.Ordinal) && JsonNode.Parse(field[2..]) is JsonObject key)
                    {
                        if (list.OfType<JsonObject>().FirstOrDefault(item => key.All(part => JsonNode.DeepEquals(item[part.Key], part.Value))) is not { } found)
                            continue;
                        // The fields of the key are always needed, whoever set them.
                        var item = (JsonObject)Extract(found, inner as JsonObject ?? [])!;
                        foreach ((string name, JsonNode? part) in key)
                            item[name] = part?.DeepClone();
                        items.Add((JsonNode)item);
                    }
                    else if (field.StartsWith("v:", StringComparison.Ordinal))
                    {
                        items.Add(JsonNode.Parse(field[2..]));
                    }
                }

                return items;
            default:
                return value?.DeepClone();
        }
    }
}
