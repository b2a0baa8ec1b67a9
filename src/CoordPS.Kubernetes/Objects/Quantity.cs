using System.Globalization;

namespace CoordPS.Kubernetes;

/// <summary>Amounts as Kubernetes writes them: <c>250m</c>, <c>1.5</c>, <c>128Mi</c>, <c>1e3</c>.</summary>
public static class Quantity
{
    private static readonly Dictionary<string, decimal> Suffixes = new(StringComparer.Ordinal)
    {
        [""] = 1m,
        ["n"] = 0.000_000_001m,
        ["u"] = 0.000_001m,
        ["m"] = 0.001m,
        ["k"] = 1e3m,
        ["M"] = 1e6m,
        ["G"] = 1e9m,
        ["T"] = 1e12m,
        ["P"] = 1e15m,
        ["E"] = 1e18m,
        ["Ki"] = 1024m,
        ["Mi"] = 1024m * 1024,
        ["Gi"] = 1024m * 1024 * 1024,
        ["Ti"] = 1024m * 1024 * 1024 * 1024,
        ["Pi"] = 1024m * 1024 * 1024 * 1024 * 1024,
        ["Ei"] = 1024m * 1024 * 1024 * 1024 * 1024 * 1024,
    };

    /// <summary>The amount: in cores for CPU, in bytes for memory.</summary>
    /// <exception cref="FormatException">It is no quantity.</exception>
    public static decimal Parse(string text) => TryParse(text, out decimal value)
        ? value
        : throw new FormatException($"'{text}' is no quantity; write a number and perhaps one of {string.Join(", ", Suffixes.Keys.Skip(1))}, such as 250m or 128Mi.");

    /// <summary>Whether text is a quantity, and the amount.</summary>
    public static bool TryParse(string? text, out decimal value)
    {
        value = 0;
        if (string.IsNullOrEmpty(text))
            return false;
        int end = text.Length;
        while (end > 0 && char.IsAsciiLetter(text[end - 1]))
            end--;
        string suffix = text[end..];
        const NumberStyles Style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint;
        try
        {
            if (Suffixes.TryGetValue(suffix, out decimal factor) && decimal.TryParse(text.AsSpan(0, end), Style, CultureInfo.InvariantCulture, out decimal number))
            {
                value = number * factor;
                return true;
            }
        }
        catch (OverflowException)
        {
            return false;
        }

        return decimal.TryParse(text, Style | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out value);
    }
}
