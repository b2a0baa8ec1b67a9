using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace CoordPS.Kubernetes;

/// <summary>The types of plain scalars, as the YAML library behind kubectl resolves them: those of YAML 1.1, with numbers as Go reads them.</summary>
internal static partial class YamlScalars
{
    /// <summary>The value of a scalar.</summary>
    /// <exception cref="YamlException">It is a number that JSON does not have, or not what its tag says.</exception>
    public static JsonNode? Resolve(Scalar scalar)
    {
        string text = scalar.Value;
        bool tagged = !scalar.Tag.IsEmpty && !scalar.Tag.IsNonSpecific;
        string? tag = tagged ? scalar.Tag.Value : null;
        if (tag == "tag:yaml.org,2002:str" || (tag is null && scalar.Style is not ScalarStyle.Plain))
            return JsonValue.Create(text);
        JsonNode? value = ResolvePlain(text, scalar);
        return tag switch
        {
            null => value,
            "tag:yaml.org,2002:float" when value?.GetValueKind() == JsonValueKind.Number => value,
            "tag:yaml.org,2002:int" when value?.GetValueKind() == JsonValueKind.Number => value,
            "tag:yaml.org,2002:bool" when value?.GetValueKind() is JsonValueKind.True or JsonValueKind.False => value,
            "tag:yaml.org,2002:null" when value is null => null,
            "tag:yaml.org,2002:binary" => JsonValue.Create(System.Text.Encoding.UTF8.GetString(Binary(text, scalar))),
            "tag:yaml.org,2002:timestamp" => JsonValue.Create(text),
            _ => throw new YamlException(scalar.Start, scalar.End, $"'{text}' is no {tag.Split(':')[^1]}."),
        };
    }

    /// <summary>A key as JSON has it: numbers and booleans become text.</summary>
    public static string KeyOf(Scalar scalar) => Resolve(scalar) switch
    {
        null => "null",
        JsonValue value when value.TryGetValue(out string? text) => text,
        var other => other.ToJsonString(),
    };

    /// <summary>Whether text, written plain, would be read as something else than this text by some version of YAML.</summary>
    public static bool IsAmbiguous(string text) => text.Length == 0 || Ambiguous().IsMatch(text);

    private static JsonNode? ResolvePlain(string text, Scalar scalar)
    {
        switch (text)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                return null;
            case "y" or "Y" or "yes" or "Yes" or "YES" or "true" or "True" or "TRUE" or "on" or "On" or "ON":
                return JsonValue.Create(true);
            case "n" or "N" or "no" or "No" or "NO" or "false" or "False" or "FALSE" or "off" or "Off" or "OFF":
                return JsonValue.Create(false);
        }

        if (!(char.IsAsciiDigit(text[0]) || text[0] is '+' or '-' or '.'))
            return JsonValue.Create(text);
        if (NotFinite().IsMatch(text))
            throw new YamlException(scalar.Start, scalar.End, $"JSON has no number '{text}'; quote it if it is text.");
        string digits = text.Replace("_", "", StringComparison.Ordinal);
        if (Decimal().IsMatch(digits))
            return Integer(digits.TrimStart('+'));
        if (Based().Match(digits) is { Success: true } based && FromBase(based) is { } number)
            return Integer(number);
        return Float().IsMatch(digits) && double.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out double real) && double.IsFinite(real)
            ? Real(digits, real)
            : JsonValue.Create(text);
    }

    /// <summary>As it is written where JSON allows that: 1.10 stays 1.10.</summary>
    private static JsonNode? Real(string digits, double real) =>
        JsonNumber().IsMatch(digits.TrimStart('+')) ? JsonNode.Parse(digits.TrimStart('+')) : JsonValue.Create(real);

    private static JsonNode? Integer(string digits) => JsonNode.Parse(digits == "-0" ? "0" : digits);

    private static string? FromBase(Match match)
    {
        string sign = match.Groups["sign"].Value, prefix = match.Groups["prefix"].Value, digits = match.Groups["digits"].Value;
        uint radix = prefix.ToUpperInvariant() switch { "0X" => 16, "0B" => 2, _ => 8 };
        UInt128 sum = 0;
        foreach (char c in digits)
        {
            uint digit = (uint)Convert.ToInt32(c.ToString(), 16);
            if (digit >= radix || sum > ulong.MaxValue)
                return null;
            sum = (sum * radix) + digit;
        }

        return sum > ulong.MaxValue ? null : (sign == "-" ? "-" : "") + sum.ToString(CultureInfo.InvariantCulture);
    }

    private static byte[] Binary(string text, Scalar scalar)
    {
        try
        {
            return Convert.FromBase64String(text);
        }
        catch (FormatException e)
        {
            throw new YamlException(scalar.Start, scalar.End, $"It is no base64: {e.Message}", e);
        }
    }

    [GeneratedRegex(@"^[-+]?\.(inf|Inf|INF)\z|^\.(nan|NaN|NAN)\z", RegexOptions.CultureInvariant)]
    private static partial Regex NotFinite();

    [GeneratedRegex(@"^[-+]?(0|[1-9][0-9]*)\z", RegexOptions.CultureInvariant)]
    private static partial Regex Decimal();

    [GeneratedRegex(@"^(?<sign>[-+]?)(?<prefix>0[xX]|0[bB]|0[oO]|0)(?<digits>[0-9a-fA-F]+)\z", RegexOptions.CultureInvariant)]
    private static partial Regex Based();

    [GeneratedRegex(@"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Float();

    [GeneratedRegex(@"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]{1,3})?\z", RegexOptions.CultureInvariant)]
    private static partial Regex JsonNumber();

    [GeneratedRegex(@"^([yYnN]|yes|no|on|off|true|false|null|~|<<|=|[-+]?\.(inf|nan)|[-+]?\.?[0-9][0-9a-fxo_:.+eTtZz -]*)\z", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Ambiguous();
}
