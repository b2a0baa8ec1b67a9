using System.Globalization;
using System.Text.RegularExpressions;

namespace CoordPS.Cmdlets;

/// <summary>How much of a resource a container is promised, and how much it can't exceed.</summary>
/// <param name="Request">What it is promised.</param>
/// <param name="Limit">What it can't exceed.</param>
internal sealed partial record ResourceRange(string Request, string Limit)
{
    private static readonly Dictionary<string, double> Factors = new(StringComparer.Ordinal)
    {
        ["n"] = 1e-9, ["u"] = 1e-6, ["m"] = 1e-3, [""] = 1, ["k"] = 1e3, ["M"] = 1e6, ["G"] = 1e9, ["T"] = 1e12, ["P"] = 1e15, ["E"] = 1e18,
        ["Ki"] = 1024, ["Mi"] = 1048576, ["Gi"] = 1073741824, ["Ti"] = 1099511627776, ["Pi"] = 1125899906842624, ["Ei"] = 1152921504606846976,
    };

    /// <summary>Reads one or two quantities: both at once, or request and limit.</summary>
    /// <param name="quantities">The quantities as given; one text may hold both, parted by a comma.</param>
    /// <exception cref="FormatException">One is no quantity, or the limit is less than the request.</exception>
    public static ResourceRange? Parse(IReadOnlyList<string>? quantities)
    {
        if (quantities is not { Count: > 0 })
            return null;
        string[] given = [.. quantities.SelectMany(static one => one.Split(',', StringSplitOptions.TrimEntries))];
        if (given.Length > 2)
            throw new FormatException($"'{string.Join(", ", given)}' are {given.Length} quantities: give one for both, or request and limit.");
        var range = new ResourceRange(given[0], given[^1]);
        if (ValueOf(range.Limit) < ValueOf(range.Request))
            throw new FormatException($"The limit {range.Limit} is less than the request {range.Request}: give the request first.");
        return range;
    }

    /// <summary>A quantity as a number, of cores or bytes.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static double ValueOf(string quantity)
    {
        Match match = Form().Match(quantity);
        return match.Success
            ? double.Parse(match.Groups["number"].Value, NumberStyles.Float, CultureInfo.InvariantCulture) * Factors[match.Groups["suffix"].Value]
            : throw new FormatException($"'{quantity}' is no quantity: write 250m or 0.5 of CPU, 256Mi or 1Gi of memory.");
    }

    [GeneratedRegex("^(?<number>[0-9]+(\\.[0-9]*)?([eE][-+]?[0-9]{1,3})?)(?<suffix>n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|)\\z", RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
