using System.Globalization;

namespace CoordPS.Cli;

/// <summary>Options of the tools that read files.</summary>
internal static class OfflineArguments
{
    /// <summary>A zxid or session, decimal or hexadecimal with 0x.</summary>
    public static long? Zxid(Arguments arguments, string name)
    {
        var text = arguments.Text(name);
        if (text is null)
        {
            return null;
        }

        var hex = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        return long.TryParse(hex ? text.AsSpan(2) : text, hex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw arguments.Wrong($"{name} {text}: must be a number, or 0x and hexadecimal digits");
    }

    /// <summary>A time as people write it, in local time unless it says otherwise.</summary>
    public static DateTimeOffset? Time(Arguments arguments, string name)
    {
        var text = arguments.Text(name);
        return text is null ? null
            : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeLocal, out var time) ? time
            : throw arguments.Wrong($"{name} {text}: must be a time such as 2026-01-31T12:00:00Z");
    }

    public static string Hex(long value) => "0x" + value.ToString("x", CultureInfo.InvariantCulture);
}
