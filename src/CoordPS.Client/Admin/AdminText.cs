using System.Globalization;

namespace CoordPS.Client.Admin;

/// <summary>Reads the texts that four-letter words answer with.</summary>
public static class AdminText
{
    /// <summary>Names and values of lines such as <c>name=value</c>; a line without the separator is left out, and of equal names the last counts.</summary>
    /// <param name="text">The answer.</param>
    /// <param name="separator">What is between name and value: a tab in <c>mntr</c>, an equals sign in <c>conf</c>, a colon in <c>srvr</c>.</param>
    public static IReadOnlyDictionary<string, string> Pairs(string text, char separator)
    {
        ArgumentNullException.ThrowIfNull(text);
        var pairs = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            int at = line.IndexOf(separator, StringComparison.Ordinal);
            if (at > 0)
                pairs[line[..at].Trim()] = line[(at + 1)..].Trim();
        }

        return pairs;
    }

    /// <summary>The connections that <c>cons</c> and <c>stat</c> list.</summary>
    public static IEnumerable<ClientConnection> Connections(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        foreach (string line in text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (ClientConnection.Parse(line) is { } connection)
                yield return connection;
        }
    }

    /// <summary>The lines that are indented, by the line before them that is not: what <c>wchc</c>, <c>wchp</c> and the parts of <c>dump</c> consist of.</summary>
    public static IEnumerable<(string Head, IReadOnlyList<string> Items)> Groups(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string? head = null;
        List<string> items = [];
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line[0] is '\t' or ' ')
            {
                items.Add(line.Trim());
                continue;
            }

            if (head is not null)
                yield return (head, items);
            (head, items) = (line.Trim(), []);
        }

        if (head is not null)
            yield return (head, items);
    }

    /// <summary>A number of an answer; null if the text is none.</summary>
    internal static double? Number(string? text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number : null;

    /// <summary>A whole number of an answer; null if the text is none.</summary>
    internal static long? Whole(string? text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) ? number
        : Number(text) is { } floating && Math.Abs(floating) < long.MaxValue ? (long)floating : null;

    /// <summary>A number written as 0x and hexadecimal digits; null if the text is none.</summary>
    internal static long? Hex(string? text) =>
        text is not null && text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
        && long.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out long number) ? number : null;
}
