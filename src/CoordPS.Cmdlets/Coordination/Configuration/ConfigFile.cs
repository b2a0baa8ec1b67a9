using System.Buffers;

namespace CoordPS.Cmdlets;

/// <summary>Configurations in files.</summary>
internal static class ConfigFile
{
    private static readonly SearchValues<char> NeedQuotes = SearchValues.Create(" \t\n\r\"'#$\\");

    /// <summary>What a file holds by its extension; JSON when that does not say it.</summary>
    public static CoordConfigFormat FormatOf(string file) => Path.GetExtension(file).ToUpperInvariant() switch
    {
        ".YAML" or ".YML" => CoordConfigFormat.Yaml,
        ".ENV" => CoordConfigFormat.Environment,
        _ => CoordConfigFormat.Json,
    };

    /// <summary>The variables of an <c>.env</c> file: <c>NAME=value</c> a line, comments after <c>#</c> at a line's beginning.</summary>
    /// <exception cref="FormatException">A line is neither.</exception>
    public static IEnumerable<KeyValuePair<string, string>> ReadVariables(string text)
    {
        int number = 0;
        foreach (string line in text.Split('\n').Select(static line => line.Trim()))
        {
            number++;
            if (line.Length == 0 || line[0] == '#')
                continue;
            string definition = line.StartsWith("export ", StringComparison.Ordinal) ? line[7..].TrimStart() : line;
            int equals = definition.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
                throw new FormatException($"Line {number}: '{line}' is no NAME=value.");
            yield return KeyValuePair.Create(definition[..equals].TrimEnd(), Unquote(definition[(equals + 1)..].Trim()));
        }
    }

    /// <summary>A line of an <c>.env</c> file, as shells and Docker read it.</summary>
    public static string WriteVariable(string name, string value) =>
        value.AsSpan().ContainsAny(NeedQuotes) ? $"{name}=\"{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)
            .Replace("\n", "\\n", StringComparison.Ordinal).Replace("\r", "\\r", StringComparison.Ordinal)}\"" : $"{name}={value}";

    private static string Unquote(string value)
    {
        if (value.Length < 2 || value[0] != value[^1] || value[0] is not ('"' or '\''))
            return value;
        string inner = value[1..^1];
        if (value[0] == '\'')
            return inner;
        var result = new System.Text.StringBuilder(inner.Length);
        for (int i = 0; i < inner.Length; i++)
        {
            char c = inner[i];
            if (c == '\\' && i + 1 < inner.Length)
            {
                c = inner[++i] switch
                {
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    char other => other,
                };
            }

            result.Append(c);
        }

        return result.ToString();
    }
}
