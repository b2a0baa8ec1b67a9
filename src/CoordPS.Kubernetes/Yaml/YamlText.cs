using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace CoordPS.Kubernetes;

/// <summary>JSON as a YAML document.</summary>
internal static class YamlText
{
    /// <summary>Writes one document, without marks before and after it.</summary>
    public static string Write(JsonNode? value)
    {
        var writer = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        var emitter = new Emitter(writer, new EmitterSettings(2, int.MaxValue, false, 1024));
        emitter.Emit(new StreamStart());
        emitter.Emit(new DocumentStart(null, null, true));
        Emit(emitter, value);
        emitter.Emit(new DocumentEnd(true));
        emitter.Emit(new StreamEnd());
        string text = writer.ToString();
        return text.EndsWith('\n') ? text : text + "\n";
    }

    private static void Emit(Emitter emitter, JsonNode? value)
    {
        switch (value)
        {
            case null:
                emitter.Emit(new Scalar("null"));
                break;
            case JsonObject map:
                emitter.Emit(new MappingStart(AnchorName.Empty, TagName.Empty, true, map.Count == 0 ? MappingStyle.Flow : MappingStyle.Block));
                foreach ((string name, JsonNode? item) in map)
                {
                    EmitText(emitter, name, isKey: true);
                    Emit(emitter, item);
                }

                emitter.Emit(new MappingEnd());
                break;
            case JsonArray list:
                emitter.Emit(new SequenceStart(AnchorName.Empty, TagName.Empty, true, list.Count == 0 ? SequenceStyle.Flow : SequenceStyle.Block));
                foreach (JsonNode? item in list)
                    Emit(emitter, item);
                emitter.Emit(new SequenceEnd());
                break;
            default:
                if (value.GetValueKind() == JsonValueKind.String)
                    EmitText(emitter, (string)value!, isKey: false);
                else
                    emitter.Emit(new Scalar(value.ToJsonString()));
                break;
        }
    }

    private static void EmitText(Emitter emitter, string text, bool isKey) =>
        emitter.Emit(new Scalar(AnchorName.Empty, TagName.Empty, text, StyleOf(text, isKey), true, true));

    private static ScalarStyle StyleOf(string text, bool isKey)
    {
        if (YamlScalars.IsAmbiguous(text))
            return ScalarStyle.DoubleQuoted;
        if (!isKey && IsBlock(text))
            return ScalarStyle.Literal;
        bool special = char.IsWhiteSpace(text[0]) || char.IsWhiteSpace(text[^1]);
        foreach (char c in text)
            special |= char.IsControl(c) || c is '\u2028' or '\u2029' or '\uFEFF' || char.IsSurrogate(c);
        return special ? ScalarStyle.DoubleQuoted : ScalarStyle.Any;
    }

    /// <summary>Whether a block scalar shows it well and gives it back exactly: several lines of printable text, none ending in a space.</summary>
    private static bool IsBlock(string text)
    {
        if (!text.TrimEnd('\n').Contains('\n', StringComparison.Ordinal) && !text.EndsWith('\n'))
            return false;
        if (text[0] is ' ' or '\t' or '\n')
            return false;
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (c == '\n' ? text[i - 1] is ' ' or '\t' : (char.IsControl(c) && c != '\t') || c is '\u2028' or '\u2029' or '\uFEFF' || char.IsSurrogate(c))
                return false;
        }

        return text[^1] is not (' ' or '\t');
    }
}
