using System.Globalization;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace CoordPS.Kubernetes;

/// <summary>YAML documents as JSON.</summary>
internal sealed class YamlReader
{
    /// <summary>How deep it may be nested: as deep as JSON's reader goes.</summary>
    private const int MaxDepth = 64;

    /// <summary>How many values one document may have with all aliases resolved: far more than the API server takes.</summary>
    private const int MaxValues = 1_000_000;

    private readonly Parser _parser;
    private readonly string? _source;
    private readonly Dictionary<AnchorName, (JsonNode? Value, int Size)> _anchors = [];
    private int _values;

    private YamlReader(string text, string? source)
    {
        _parser = new Parser(new StringReader(text));
        _source = source;
    }

    /// <summary>Reads all documents, each with the line it begins on.</summary>
    /// <exception cref="FormatException">It is no YAML, or what JSON can't hold; the message says where.</exception>
    public static IEnumerable<(JsonNode? Value, long Line)> Read(string text, string? source)
    {
        var reader = new YamlReader(text, source);
        reader.Guard(() => reader._parser.Consume<StreamStart>());
        while (reader.Guard(() => !reader._parser.Accept<StreamEnd>(out _)))
            yield return reader.Guard(reader.ReadDocument);
    }

    /// <summary>The one document of a text; null for none.</summary>
    /// <exception cref="FormatException">It is no YAML, or there are several documents.</exception>
    public static JsonNode? ReadSingle(string text, string? source)
    {
        (JsonNode? Value, long Line)[] documents = [.. Read(text, source)];
        return documents.Length > 1
            ? throw new FormatException($"{Place(source, documents[1].Line, null)}: a second document begins where one is expected.")
            : documents.FirstOrDefault().Value;
    }

    /// <summary>A place for errors: <c>file, line 3, column 7</c>.</summary>
    public static string Place(string? source, long line, long? column) => string.Create(CultureInfo.InvariantCulture,
        $"{(source is null ? "Line" : source + ", line")} {line}{(column is null ? "" : string.Create(CultureInfo.InvariantCulture, $", column {column}"))}");

    private T Guard<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (YamlException e)
        {
            throw new FormatException($"{Place(_source, e.Start.Line, e.Start.Column)}: {e.Message.TrimEnd('.')}.", e);
        }
    }

    private (JsonNode? Value, long Line) ReadDocument()
    {
        DocumentStart start = _parser.Consume<DocumentStart>();
        _anchors.Clear();
        _values = 0;
        long line = _parser.Accept<ParsingEvent>(out var first) ? first.Start.Line : start.Start.Line;
        JsonNode? value = ReadNode(0);
        _parser.Consume<DocumentEnd>();
        return (value, line);
    }

    private JsonNode? ReadNode(int depth)
    {
        if (depth > MaxDepth)
            throw new YamlException(_parser.Current!.Start, _parser.Current.End, $"It is nested deeper than {MaxDepth}.");
        if (_parser.TryConsume<AnchorAlias>(out var alias))
        {
            if (!_anchors.TryGetValue(alias.Value, out var anchored))
                throw new YamlException(alias.Start, alias.End, $"There is no anchor '{alias.Value}' before this.");
            Count(anchored.Size, alias);
            return anchored.Value?.DeepClone();
        }

        int before = _values;
        NodeEvent node = _parser.Accept<NodeEvent>(out var next) ? next : throw new YamlException("A value is missing.");
        Count(1, node);
        JsonNode? value = node switch
        {
            MappingStart => ReadMapping(depth),
            SequenceStart => ReadSequence(depth),
            _ => YamlScalars.Resolve(_parser.Consume<Scalar>()),
        };
        if (!node.Anchor.IsEmpty)
            _anchors[node.Anchor] = (value, _values - before);
        return value;
    }

    private void Count(int values, ParsingEvent at)
    {
        _values += values;
        if (_values > MaxValues)
            throw new YamlException(at.Start, at.End, $"There are more than {MaxValues} values, aliases resolved.");
    }

    private JsonArray ReadSequence(int depth)
    {
        var list = new JsonArray();
        _parser.Consume<SequenceStart>();
        while (!_parser.TryConsume<SequenceEnd>(out _))
            list.Add(ReadNode(depth + 1));
        return list;
    }

    private JsonObject ReadMapping(int depth)
    {
        var map = new JsonObject();
        var merged = new List<JsonObject>();
        _parser.Consume<MappingStart>();
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            if (!_parser.TryConsume<Scalar>(out var key))
                throw new YamlException(_parser.Current!.Start, _parser.Current.End, "A key must be a plain value.");
            if (key is { Value: "<<", Style: ScalarStyle.Plain })
            {
                switch (ReadNode(depth + 1))
                {
                    case JsonObject one:
                        merged.Add(one);
                        break;
                    case JsonArray several when several.All(static one => one is JsonObject):
                        merged.AddRange(several.OfType<JsonObject>());
                        break;
                    default:
                        throw new YamlException(key.Start, key.End, "<< takes a mapping, or a list of them.");
                }

                continue;
            }

            string name = YamlScalars.KeyOf(key);
            JsonNode? value = ReadNode(depth + 1);
            if (!map.TryAdd(name, value))
                throw new YamlException(key.Start, key.End, $"The key '{name}' is there twice.");
        }

        // What the mapping says itself goes before what is merged into it, and an earlier one before a later.
        foreach ((string name, JsonNode? value) in merged.SelectMany(static one => one))
            map.TryAdd(name, value?.DeepClone());
        return map;
    }
}
