using System.Globalization;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace CoordPS.Cmdlets;

/// <summary>YAML as JSON and back: the types of YAML's core schema, aliases resolved, one document.</summary>
internal static class ConfigYaml
{
    /// <summary>The JSON that a document stands for.</summary>
    /// <exception cref="FormatException">It is no YAML, or what JSON can't hold; the message says where.</exception>
    public static JsonNode? Parse(string text)
    {
        var yaml = new YamlStream();
        try
        {
            yaml.Load(new StringReader(text));
        }
        catch (YamlException e)
        {
            throw new FormatException($"Line {e.Start.Line}, column {e.Start.Column}: {e.Message}", e);
        }

        return yaml.Documents.Count switch
        {
            0 => null,
            1 => ToJson(yaml.Documents[0].RootNode),
            _ => throw new FormatException($"There are {yaml.Documents.Count} documents where one is asked for."),
        };
    }

    /// <summary>The document for a value.</summary>
    public static string Write(JsonNode? json)
    {
        var writer = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        new YamlStream(new YamlDocument(ToYaml(json))).Save(writer, assignAnchors: false);
        string text = writer.ToString();
        // The mark of a document's end, which one document alone does not need.
        return text.EndsWith("...\n", StringComparison.Ordinal) ? text[..^4] : text;
    }

    private static JsonNode? ToJson(YamlNode node)
    {
        switch (node)
        {
            case YamlMappingNode mapping:
                var result = new JsonObject();
                foreach ((YamlNode key, YamlNode value) in mapping.Children)
                {
                    if (key is not YamlScalarNode { Value: { } name })
                        throw new FormatException($"Line {key.Start.Line}: a key must be a plain value.");
                    result[name] = ToJson(value);
                }

                return result;
            case YamlSequenceNode sequence:
                return new JsonArray([.. sequence.Children.Select(ToJson)]);
            case YamlScalarNode scalar:
                return ToJson(scalar);
            default:
                throw new FormatException($"Line {node.Start.Line}: {node.NodeType} is not supported.");
        }
    }

    private static JsonValue? ToJson(YamlScalarNode scalar)
    {
        string text = scalar.Value ?? "";
        if (scalar.Style is not (ScalarStyle.Plain or ScalarStyle.Any) || scalar.Tag == "tag:yaml.org,2002:str")
            return JsonValue.Create(text);
        switch (text)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                return null;
            case "true" or "True" or "TRUE":
                return JsonValue.Create(true);
            case "false" or "False" or "FALSE":
                return JsonValue.Create(false);
        }

        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long integer) && (text.Length == 1 || text.TrimStart('-', '+')[0] != '0' || integer == 0))
            return JsonValue.Create(integer);
        return text.Any(char.IsAsciiDigit) && text.All(static c => char.IsAsciiDigit(c) || c is '.' or '-' or '+' or 'e' or 'E')
            && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number)
            && !text.TrimStart('-', '+').StartsWith("00", StringComparison.Ordinal)
            ? JsonValue.Create(number)
            : JsonValue.Create(text);
    }

    private static YamlNode ToYaml(JsonNode? json)
    {
        switch (json)
        {
            case null:
                return new YamlScalarNode("null");
            case JsonObject values:
                return new YamlMappingNode(values.SelectMany(static pair => new[] { Text(pair.Key), ToYaml(pair.Value) }));
            case JsonArray values:
                return new YamlSequenceNode(values.Select(ToYaml));
            default:
                return json.GetValueKind() == System.Text.Json.JsonValueKind.String ? Text((string)json!) : new YamlScalarNode(json.ToJsonString());
        }
    }

    /// <summary>Text that would be read as another type is quoted.</summary>
    private static YamlScalarNode Text(string text)
    {
        var plain = new YamlScalarNode(text);
        if (text.Contains('\n', StringComparison.Ordinal))
            plain.Style = ScalarStyle.DoubleQuoted;
        else if (ToJson(plain) is not { } value || value.GetValueKind() != System.Text.Json.JsonValueKind.String)
            plain.Style = ScalarStyle.SingleQuoted;
        return plain;
    }
}
