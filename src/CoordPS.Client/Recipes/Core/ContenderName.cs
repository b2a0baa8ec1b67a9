using System.Globalization;

namespace CoordPS.Client.Recipes;

/// <summary>The name of a znode that contends for a lock, as Curator, kazoo or this client wrote it.</summary>
/// <param name="Name">The whole name.</param>
/// <param name="Marker">What tells the kind of contender, such as <c>lock-</c>.</param>
/// <param name="Sequence">The counter at its end.</param>
internal sealed record ContenderName(string Name, string Marker, int Sequence)
{
    internal const string Lock = "lock-";
    internal const string Latch = "latch-";
    internal const string Lease = "lease-";
    internal const string Read = "__READ__";
    internal const string Write = "__WRIT__";
    internal const string KazooLock = "__lock__";
    internal const string KazooRead = "__rlock__";

    private static readonly string[] Markers = [Read, Write, KazooRead, KazooLock, Lock, Latch, Lease];

    /// <summary>Whether it shares the lock with others of its kind.</summary>
    internal bool IsShared => Marker is Read or KazooRead;

    /// <summary>The contender of that name; null for a znode that is none.</summary>
    internal static ContenderName? Parse(string name)
    {
        foreach (string marker in Markers)
        {
            int at = name.LastIndexOf(marker, StringComparison.Ordinal);
            if (at >= 0 && name.Length - at - marker.Length >= 10
                && int.TryParse(name.AsSpan(at + marker.Length), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int sequence))
            {
                return new ContenderName(name, marker, sequence);
            }
        }

        return null;
    }

    /// <summary>The contenders among a znode's children, first come first.</summary>
    internal static List<ContenderName> Sort(IEnumerable<string> children)
    {
        List<ContenderName> contenders = [.. children.Select(Parse).OfType<ContenderName>()];
        // A reader that was the writer shares its number and comes after it.
        contenders.Sort(static (a, b) => a.Sequence != b.Sequence ? a.Sequence.CompareTo(b.Sequence)
            : a.IsShared != b.IsShared ? a.IsShared.CompareTo(b.IsShared) : string.CompareOrdinal(a.Name, b.Name));
        return contenders;
    }
}
