using System.Collections;
using System.Collections.Specialized;
using System.Globalization;
using System.Management.Automation;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CoordPS.Cmdlets;

/// <summary>
/// Manifests as objects to change: <c>$m.spec.replicas = 5</c>, and, as what is nested are dictionaries, <c>$m.metadata.labels.tier = 'web'</c>
/// for what is not there yet. They become the JSON they were made from again.
/// </summary>
internal static class Manifest
{
    /// <summary>What <c>Get-Member</c> calls them.</summary>
    public const string TypeName = "CoordPS.KubernetesManifest";

    private static readonly MethodInfo ToYamlMethod = typeof(ManifestMethods).GetMethod(nameof(ManifestMethods.ToYaml))!;

    /// <summary>The object for a manifest.</summary>
    public static PSObject ToObject(JsonObject json)
    {
        var result = new PSObject();
        foreach ((string name, JsonNode? value) in json)
            result.Properties.Add(new PSNoteProperty(name, ToValue(value)));
        result.Methods.Add(new PSCodeMethod(nameof(ManifestMethods.ToYaml), ToYamlMethod));
        result.TypeNames.Insert(0, TypeName);
        return result;
    }

    /// <summary>The JSON of whatever stands for a manifest: such an object, one of <c>ConvertFrom-Json</c>'s, a hashtable.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static JsonObject ToJson(object? value) => ToNode(value, 0) as JsonObject
        ?? throw new FormatException($"A value of type {(value is PSObject o ? o.BaseObject : value)?.GetType().ToString() ?? "null"} is no manifest.");

    /// <summary>The JSON of a value.</summary>
    public static JsonNode? ToNode(object? value) => ToNode(value, 0);

    /// <summary>Whether it looks like a manifest.</summary>
    public static bool IsManifest(object? value)
    {
        object? plain = value is PSObject { BaseObject: not PSCustomObject } wrapped ? wrapped.BaseObject : value;
        return plain switch
        {
            IDictionary map => map.Contains("kind") && map.Contains("apiVersion"),
            PSObject o => o.Properties["kind"] is not null && o.Properties["apiVersion"] is not null,
            _ => false,
        };
    }

    /// <summary>What PowerShell works with for a piece of JSON.</summary>
    public static object? ToValue(JsonNode? node)
    {
        switch (node)
        {
            case null:
                return null;
            case JsonObject map:
                // PowerShell users don't mind the case; Kubernetes' names that differ by nothing else are kept apart.
                bool caseMatters = map.Select(static pair => pair.Key).Distinct(StringComparer.OrdinalIgnoreCase).Count() < map.Count;
                var result = new OrderedDictionary(caseMatters ? StringComparer.Ordinal : StringComparer.OrdinalIgnoreCase);
                foreach ((string name, JsonNode? value) in map)
                    result.Add(name, ToValue(value));
                return result;
            case JsonArray list:
                return list.Select(ToValue).ToArray();
            default:
                return ToScalar((JsonValue)node);
        }
    }

    private static object? ToScalar(JsonValue value)
    {
        switch (value.GetValueKind())
        {
            case JsonValueKind.String:
                return value.GetValue<string>();
            case JsonValueKind.True:
                return true;
            case JsonValueKind.False:
                return false;
            default:
                string digits = value.ToJsonString();
                return int.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int small) ? small
                    : long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long large) ? large
                    : decimal.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal exact) ? exact
                    : double.Parse(digits, NumberStyles.Float, CultureInfo.InvariantCulture);
        }
    }

    private static JsonNode? ToNode(object? value, int depth)
    {
        if (depth > 100)
            throw new FormatException("It is nested deeper than 100, or holds itself.");
        if (value is PSObject { BaseObject: not PSCustomObject } wrapped)
            value = wrapped.BaseObject;
        switch (value)
        {
            case null:
                return null;
            case JsonNode node:
                return node.DeepClone();
            case string or char or Guid or Uri or Version or Enum:
                return JsonValue.Create(value.ToString());
            case bool flag:
                return JsonValue.Create(flag);
            case SwitchParameter given:
                return JsonValue.Create(given.IsPresent);
            case DateTime time:
                return JsonValue.Create(time.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
            case DateTimeOffset time:
                return JsonValue.Create(time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
            case sbyte or byte or short or ushort or int or uint or long or ulong:
                return JsonNode.Parse(Convert.ToString(value, CultureInfo.InvariantCulture)!);
            case double or float or decimal:
                return JsonNode.Parse(((IFormattable)value).ToString(null, CultureInfo.InvariantCulture));
            case IDictionary map:
                var fromMap = new JsonObject();
                foreach (DictionaryEntry entry in map)
                    fromMap[entry.Key.ToString()!] = ToNode(entry.Value, depth + 1);
                return fromMap;
            case PSObject o:
                var result = new JsonObject();
                foreach (PSPropertyInfo property in o.Properties)
                    result[property.Name] = ToNode(property.Value, depth + 1);
                return result;
            case IEnumerable list:
                return new JsonArray([.. list.Cast<object?>().Select(item => ToNode(item, depth + 1))]);
            default:
                throw new FormatException($"A value of type {value.GetType()} has no place in a manifest.");
        }
    }
}
