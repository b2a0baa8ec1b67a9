using System.Globalization;
using System.Text.Json.Nodes;

namespace CoordPS.Kubernetes;

/// <summary>One field that differs.</summary>
/// <param name="Path">Its path, such as <c>spec.template.spec.containers[app].image</c>.</param>
/// <param name="Before">What it was; null if it was not there.</param>
/// <param name="After">What it is; null if it is not there.</param>
public sealed record FieldChange(string Path, JsonNode? Before, JsonNode? After)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Path}: {Show(Before)} -> {Show(After)}";

    private static string Show(JsonNode? value) => value is null ? "(none)" : value.ToJsonString(JsonText.Compact);
}

/// <summary>What differs between two states of an object, leaving out what the server keeps for itself.</summary>
public static class ObjectDifference
{
    private static readonly string[] ServerFields = ["managedFields", "resourceVersion", "generation", "uid", "creationTimestamp", "selfLink"];

    /// <summary>By these, elements of lists are the same, the first that all have.</summary>
    private static readonly string[] Keys = ["name", "containerPort", "port", "mountPath", "ip", "type", "key"];

    /// <summary>The fields that differ, in order.</summary>
    /// <param name="before">The object as it is; null if there is none.</param>
    /// <param name="after">The object as it would be; null if it would be gone.</param>
    public static IReadOnlyList<FieldChange> Compare(KubernetesObject? before, KubernetesObject? after)
    {
        var changes = new List<FieldChange>();
        (JsonObject? old, JsonObject? now) = (Clean(before), Clean(after));
        Mask(old, now);
        Compare("", old, now, changes);
        return changes;
    }

    /// <summary>The YAML of both as a unified diff, with three lines around each change; empty if nothing differs.</summary>
    /// <param name="before">The object as it is; null if there is none.</param>
    /// <param name="after">The object as it would be; null if it would be gone.</param>
    public static string ToText(KubernetesObject? before, KubernetesObject? after)
    {
        string name = (after ?? before)?.Description ?? "";
        (JsonObject? old, JsonObject? now) = (Clean(before), Clean(after));
        Mask(old, now);
        return UnifiedDiff.Write(Lines(old), Lines(now), $"live {name}", $"applied {name}");
    }

    private static string[] Lines(JsonObject? value) => value is null ? [] : YamlText.Write(KubernetesYaml.InOrder(value)).TrimEnd('\n').Split('\n');

    /// <summary>What is in a Secret is not for screens and logs; whether it differs is.</summary>
    private static void Mask(JsonObject? before, JsonObject? after)
    {
        if ((before ?? after).Text("kind") != "Secret")
            return;
        foreach (string field in new[] { "data", "stringData" })
        {
            JsonObject? old = before.Object(field), now = after.Object(field);
            foreach (string name in (old ?? []).Select(static p => p.Key).Concat((now ?? []).Select(static p => p.Key)).Distinct().ToArray())
                Mask(old, now, name);
        }

        // kubectl keeps the whole of what it has applied in there.
        Mask(before.Object("metadata").Object("annotations"), after.Object("metadata").Object("annotations"), RolloutHistory.LastAppliedAnnotation);
    }

    private static void Mask(JsonObject? old, JsonObject? now, string name)
    {
        bool both = old?.ContainsKey(name) == true && now?.ContainsKey(name) == true, differs = both && !JsonNode.DeepEquals(old![name], now![name]);
        if (old?.ContainsKey(name) == true)
            old[name] = differs ? "*** (before)" : "***";
        if (now?.ContainsKey(name) == true)
            now[name] = differs ? "*** (after)" : "***";
    }

    private static JsonObject? Clean(KubernetesObject? value)
    {
        if (value is null)
            return null;
        var json = (JsonObject)value.Json.DeepClone();
        json.Remove("status");
        if (json.Object("metadata") is { } metadata)
        {
            foreach (string field in ServerFields)
                metadata.Remove(field);
            metadata.Object("annotations")?.Remove(RolloutHistory.RevisionAnnotation);
            if (metadata.Object("annotations") is { Count: 0 })
                metadata.Remove("annotations");
        }

        // The server adds such a field where an object has a template, and never sets it.
        if (json.Object("spec").Object("template").Object("metadata") is { } template && template.ContainsKey("creationTimestamp"))
            template.Remove("creationTimestamp");
        return json;
    }

    private static void Compare(string path, JsonNode? before, JsonNode? after, List<FieldChange> changes)
    {
        if (JsonNode.DeepEquals(before, after))
            return;
        switch (before, after)
        {
            case (JsonObject old, JsonObject now):
                foreach (string name in old.Select(static p => p.Key).Concat(now.Select(static p => p.Key)).Distinct())
                    Compare(path.Length == 0 ? name : name.Contains('.', StringComparison.Ordinal) ? $"{path}[{name}]" : $"{path}.{name}", old[name], now[name], changes);
                break;
            case (JsonArray old, JsonArray now) when KeyOf(old, now) is { } key:
                int found = changes.Count;
                string[] names = [.. old.Concat(now).Select(item => item![key]!.ToString()).Distinct()];
                foreach (string name in names)
                    Compare($"{path}[{name}]", Item(old, key, name), Item(now, key, name), changes);
                // Only their order differs.
                if (changes.Count == found)
                    changes.Add(new FieldChange(path, before, after));
                break;
            case (JsonArray old, JsonArray now):
                for (int i = 0; i < Math.Max(old.Count, now.Count); i++)
                    Compare(string.Create(CultureInfo.InvariantCulture, $"{path}[{i}]"), i < old.Count ? old[i] : null, i < now.Count ? now[i] : null, changes);
                break;
            default:
                changes.Add(new FieldChange(path, before, after));
                break;
        }
    }

    private static string? KeyOf(JsonArray old, JsonArray now)
    {
        JsonNode?[] items = [.. old, .. now];
        return items.All(static item => item is JsonObject)
            ? Keys.FirstOrDefault(key => items.All(item => item![key] is JsonValue) && Unique(old, key) && Unique(now, key))
            : null;
    }

    private static JsonNode? Item(JsonArray list, string key, string name) => list.FirstOrDefault(item => item![key]!.ToString() == name);

    private static bool Unique(JsonArray list, string key) => list.Select(item => item![key]!.ToString()).Distinct().Count() == list.Count;
}
