using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace CoordPS.Cmdlets;

/// <summary>YAML as JSON and back: the types of YAML's core schema, aliases resolved, one document.</summary>
internal static partial class ConfigYaml
{
    /// <summary>How deep it may be nested: what JSON's reader allows.</summary>
    private const int MaxDepth = 64;

    /// <summary>How many values there may be with all aliases resolved; far more than one transaction holds.</summary>
    private const int MaxValues = 200_000;

    /// <summary>The JSON that a document stands for.</summary>
    /// <exception cref="FormatException">It is no YAML, or what JSON can't hold; the message says where.</exception>
    public static JsonNode? Parse(string text)
    {
        var yaml = new YamlStream();
        try
        {
            CheckDepth(text);
            yaml.Load(new StringReader(text));
        }
        catch (YamlException e)
        {
            throw new FormatException($"Line {e.Start.Line}, column {e.Start.Column}: {e.Message}", e);
        }

        return yaml.Documents.Count switch
        {
            0 => null,
            1 => ToJson(yaml.Documents[0].RootNode, 0, new StrongBox<int>()),
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

    /// <summary>Before it is read: what reads it goes as deep as the text does.</summary>
    private static void CheckDepth(string text)
    {
        var parser = new Parser(new StringReader(text));
        int depth = 0;
        while (parser.MoveNext())
        {
            depth += parser.Current switch
            {
                MappingStart or SequenceStart => 1,
                MappingEnd or SequenceEnd => -1,
                _ => 0,
            };
            if (depth > MaxDepth)
                throw TooDeep(parser.Current!.Start.Line);
        }
    }

    private static FormatException TooDeep(long line) => new($"Line {line}: it is nested deeper than {MaxDepth}, or an alias holds itself.");

    private static JsonNode? ToJson(YamlNode node, int depth, StrongBox<int> values)
    {
        if (depth > MaxDepth)
            throw TooDeep(node.Start.Line);
        if (++values.Value > MaxValues)
            throw new FormatException($"Line {node.Start.Line}: there are more than {MaxValues} values, aliases resolved.");
        switch (node)
        {
            case YamlMappingNode mapping:
                var result = new JsonObject();
                foreach ((YamlNode key, YamlNode value) in mapping.Children)
                {
                    if (key is not YamlScalarNode { Value: { } name } scalar)
                        throw new FormatException($"Line {key.Start.Line}: a key must be a plain value.");
                    if (name == "<<" && scalar.Style == ScalarStyle.Plain)
                        Merge(mapping, value, result, depth, values);
                    else
                        result[name] = ToJson(value, depth + 1, values);
                }

                return result;
            case YamlSequenceNode sequence:
                return new JsonArray([.. sequence.Children.Select(child => ToJson(child, depth + 1, values))]);
            case YamlScalarNode scalar:
                return ToJson(scalar);
            default:
                throw new FormatException($"Line {node.Start.Line}: {node.NodeType} is not supported.");
        }
    }

    /// <summary>A merge key: the mapping, or mappings, whose values hold where there are none of its own; of several the first has precedence.</summary>
    private static void Merge(YamlMappingNode into, YamlNode from, JsonObject result, int depth, StrongBox<int> values)
    {
        foreach (YamlNode one in from is YamlSequenceNode several ? several.Children : (IEnumerable<YamlNode>)[from])
        {
            if (one is not YamlMappingNode || ToJson(one, depth + 1, values) is not JsonObject merged)
                throw new FormatException($"Line {one.Start.Line}: << takes a mapping, or several.");
            foreach ((string name, JsonNode? value) in merged)
            {
                if (!into.Children.ContainsKey(new YamlScalarNode(name)) && !result.ContainsKey(name))
                    result[name] = value?.DeepClone();
            }
        }
    }

    private static JsonNode? ToJson(YamlScalarNode scalar)
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

        // As it is written: 1.10 and numbers of any length stay what they are. One with a leading zero is octal to some and decimal to others: text.
        if (JsonNumber().IsMatch(text))
            return JsonNode.Parse(text.TrimStart('+'));
        if (Based().IsMatch(text))
        {
            bool octal = text[1] == 'o';
            UInt128 number = text[2..].Aggregate((UInt128)0, (sum, digit) => (sum * (octal ? 8u : 16u)) + (uint)Convert.ToInt32($"{digit}", 16));
            return JsonNode.Parse(number.ToString(CultureInfo.InvariantCulture));
        }

        return ShortFloat().IsMatch(text) ? JsonValue.Create(double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture)) : JsonValue.Create(text);
    }

    [GeneratedRegex(@"^[-+]?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]{1,3})?\z", RegexOptions.CultureInvariant)]
    private static partial Regex JsonNumber();

    [GeneratedRegex(@"^(0x[0-9a-fA-F]{1,24}|0o[0-7]{1,30})\z", RegexOptions.CultureInvariant)]
    private static partial Regex Based();

    [GeneratedRegex(@"^[-+]?(\.[0-9]{1,300}|(0|[1-9][0-9]{0,300})\.)\z", RegexOptions.CultureInvariant)]
    private static partial Regex ShortFloat();

    /// <summary>What some version of YAML, or a reader of one, takes for something else than text.</summary>
    [GeneratedRegex(@"^([yYnN]|yes|no|on|off|true|false|null|<<|=|[-+]?\.(inf|nan)|[-+]?\.?[0-9][0-9a-fxo_:.+eTtZz -]*)\z", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Ambiguous();

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
        if (text.Any(char.IsControl) || (text.Length > 0 && (char.IsWhiteSpace(text[0]) || char.IsWhiteSpace(text[^1]))))
            plain.Style = ScalarStyle.DoubleQuoted;
        else if (ToJson(plain) is not { } value || value.GetValueKind() != System.Text.Json.JsonValueKind.String || Ambiguous().IsMatch(text))
            plain.Style = ScalarStyle.SingleQuoted;
        return plain;
    }
}
