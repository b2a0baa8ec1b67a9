using System.Globalization;
using System.Text;

namespace CoordPS.Server;

/// <summary>
/// Reads the syntax of Java's <c>.properties</c> files, which is that of <c>zoo.cfg</c>: <c>key=value</c>, <c>key:value</c> or
/// <c>key value</c>; comments with # or !; a backslash continues a line or escapes a character.
/// </summary>
/// <remarks>Specified by <c>java.util.Properties.load</c>. The bytes are ISO-8859-1, anything else is written \uXXXX.</remarks>
internal static class ConfigFile
{
    /// <summary>Reads the settings of a file.</summary>
    /// <exception cref="ConfigException">The file cannot be read or holds a malformed \u escape.</exception>
    public static List<ConfigFileEntry> Load(string path, out string text)
    {
        try
        {
            text = Encoding.Latin1.GetString(File.ReadAllBytes(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigException($"{path}: cannot be read: {e.Message}", e);
        }

        return Parse(text, path);
    }

    /// <summary>Reads the settings of a text. A key that is set twice is returned twice, in the order of the file.</summary>
    /// <exception cref="ConfigException">The text holds a malformed \u escape.</exception>
    public static List<ConfigFileEntry> Parse(string text, string? file)
    {
        var entries = new List<ConfigFileEntry>();
        var lines = text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n').Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            var first = i;
            var logical = lines[i].TrimStart(' ', '\t', '\f');
            if (logical.Length == 0 || logical[0] is '#' or '!')
            {
                continue;
            }

            while (EndsInContinuation(logical))
            {
                logical = logical[..^1];
                if (++i == lines.Length)
                {
                    break;
                }

                logical += lines[i].TrimStart(' ', '\t', '\f');
            }

            entries.Add(ParseLine(logical, first + 1, file));
        }

        return entries;
    }

    /// <summary>Whether the next line belongs to this one.</summary>
    public static bool EndsInContinuation(string line)
    {
        var backslashes = 0;
        while (backslashes < line.Length && line[^(backslashes + 1)] == '\\')
        {
            backslashes++;
        }

        return backslashes % 2 == 1;
    }

    private static ConfigFileEntry ParseLine(string line, int number, string? file)
    {
        var end = 0;
        while (end < line.Length && line[end] is not ('=' or ':' or ' ' or '\t' or '\f'))
        {
            end += line[end] == '\\' ? 2 : 1;
        }

        end = Math.Min(end, line.Length);
        var value = end;
        var separated = false;
        while (value < line.Length && (line[value] is ' ' or '\t' or '\f' || (!separated && line[value] is ('=' or ':'))))
        {
            separated |= line[value] is '=' or ':';
            value++;
        }

        var key = Unescape(line[..end], number, file).Trim();
        return new ConfigFileEntry(file, number, key, Unescape(line[value..], number, file).Trim());
    }

    private static string Unescape(string text, int line, string? file)
    {
        if (!text.Contains('\\', StringComparison.Ordinal))
        {
            return text;
        }

        var result = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\' || i + 1 == text.Length)
            {
                result.Append(text[i]);
                continue;
            }

            var c = text[++i];
            if (c == 'u')
            {
                if (i + 4 >= text.Length
                    || !ushort.TryParse(text.AsSpan(i + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit))
                {
                    throw new ConfigException(file, line, null, null, "malformed \\u escape: four hexadecimal digits must follow \\u");
                }

                result.Append((char)unit);
                i += 4;
                continue;
            }

            result.Append(c switch
            {
                't' => '\t',
                'n' => '\n',
                'r' => '\r',
                'f' => '\f',
                _ => c,
            });
        }

        return result.ToString();
    }
}
