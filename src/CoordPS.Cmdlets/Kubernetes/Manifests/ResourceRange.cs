using CoordPS.Kubernetes;

namespace CoordPS.Cmdlets;

/// <summary>How much of a resource a container is promised, and how much it can't exceed.</summary>
/// <param name="Request">What it is promised.</param>
/// <param name="Limit">What it can't exceed.</param>
internal sealed record ResourceRange(string Request, string Limit)
{
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
    /// <exception cref="FormatException">It is none, or negative.</exception>
    public static decimal ValueOf(string quantity) => Quantity.TryParse(quantity, out decimal value) && value >= 0
        ? value
        : throw new FormatException($"'{quantity}' is no quantity: write 250m or 0.5 of CPU, 256Mi or 1Gi of memory.");
}
