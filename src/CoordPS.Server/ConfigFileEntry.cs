using System.Globalization;

namespace CoordPS.Server;

/// <summary>One setting of a configuration file, with its place, and the conversions that name it when the value is wrong.</summary>
internal sealed record ConfigFileEntry(string? File, int Line, string Key, string Value)
{
    /// <summary>A decimal integer, as Java's <c>Integer.parseInt</c> takes it.</summary>
    public int Int32(int min = int.MinValue, int max = int.MaxValue) => (int)Int64(min, max);

    /// <inheritdoc cref="Int32"/>
    public long Int64(long min = long.MinValue, long max = long.MaxValue) =>
        long.TryParse(Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max
            ? number
            : throw Invalid(Range(min, max));

    /// <summary>An integer in one of the forms a Java system property may have: decimal, 0x, # or octal with a leading 0.</summary>
    public int PropertyInt32(int min = int.MinValue, int max = int.MaxValue) => (int)PropertyInt64(min, max);

    /// <inheritdoc cref="PropertyInt32"/>
    public long PropertyInt64(long min = long.MinValue, long max = long.MaxValue)
    {
        var digits = Value.AsSpan();
        var negative = digits is ['-', ..];
        if (digits is ['-' or '+', ..])
        {
            digits = digits[1..];
        }

        var number = digits switch
        {
            ['0', 'x' or 'X', .. var hex] => FromBase(hex, 16),
            ['#', .. var hex] => FromBase(hex, 16),
            ['0', .. { Length: > 0 } octal] => FromBase(octal, 8),
            _ => FromBase(digits, 10),
        };
        if (number is not { } value)
        {
            throw Invalid(Range(min, max));
        }

        value = negative ? -value : value;
        return value >= min && value <= max ? value : throw Invalid(Range(min, max));
    }

    /// <summary>A port: 0 to 65535.</summary>
    public int Port() => Int32(0, 65535);

    /// <inheritdoc cref="Port"/>
    public int PropertyPort() => PropertyInt32(0, 65535);

    /// <summary><c>true</c> or <c>false</c> in any case.</summary>
    public bool Boolean() => Value.ToUpperInvariant() switch
    {
        "TRUE" => true,
        "FALSE" => false,
        _ => throw Invalid("must be true or false"),
    };

    /// <summary><c>yes</c> or <c>no</c>.</summary>
    public bool YesNo() => Value.ToUpperInvariant() switch
    {
        "YES" => true,
        "NO" => false,
        _ => throw Invalid("must be yes or no"),
    };

    /// <summary>Text that may not be empty.</summary>
    public string Text() => Value.Length > 0 ? Value : throw Invalid("must not be empty");

    public ConfigException Invalid(string problem, Exception? cause = null) => new(File, Line, Key, Value, problem, cause);

    public ConfigWarning Warning(string message) => new(File, Line, Key, message);

    private static long? FromBase(ReadOnlySpan<char> digits, int radix)
    {
        if (digits.IsEmpty)
        {
            return null;
        }

        var value = 0L;
        foreach (var c in digits)
        {
            var digit = char.IsAsciiHexDigit(c) ? Convert.ToInt32(c.ToString(), 16) : radix;
            if (digit >= radix || value > (long.MaxValue - digit) / radix)
            {
                return null;
            }

            value = (value * radix) + digit;
        }

        return value;
    }

    private static string Range(long min, long max) => (min, max) switch
    {
        ( <= int.MinValue, >= int.MaxValue) => "must be a whole number",
        (_, >= int.MaxValue) => string.Create(CultureInfo.InvariantCulture, $"must be a whole number, at least {min}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"must be a whole number from {min} to {max}"),
    };
}
