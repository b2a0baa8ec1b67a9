using System.Globalization;
using System.Text;

namespace CoordPS.Client;

/// <summary>
/// Limits of a tree, which the servers keep in <c>/zookeeper/quota</c> (Apache's <c>Quotas</c> and <c>StatsTrack</c>). A soft limit that is
/// exceeded is logged by the server; a hard one makes it refuse the change (3.8 and later, with <c>enforceQuota=true</c>). -1 is no limit.
/// </summary>
/// <param name="Path">The root of the tree, relative to the chroot. It counts too.</param>
public sealed record ZNodeQuota(string Path)
{
    internal static readonly byte[] NoUsage = Encoding.UTF8.GetBytes("count=0,bytes=0");

    /// <summary>The most znodes, softly.</summary>
    public long Count { get; init; } = -1;

    /// <summary>The most bytes of data, softly.</summary>
    public long Bytes { get; init; } = -1;

    /// <summary>The most znodes.</summary>
    public long CountHardLimit { get; init; } = -1;

    /// <summary>The most bytes of data.</summary>
    public long ByteHardLimit { get; init; } = -1;

    /// <summary>The znodes there are.</summary>
    public long UsedCount { get; init; } = -1;

    /// <summary>The bytes of data there are.</summary>
    public long UsedBytes { get; init; } = -1;

    internal static ZNodeQuota Parse(string path, byte[]? text)
    {
        Dictionary<string, long> values = ReadValues(text);
        return new ZNodeQuota(path)
        {
            Count = values.GetValueOrDefault("count", -1),
            Bytes = values.GetValueOrDefault("bytes", -1),
            CountHardLimit = values.GetValueOrDefault("countHardLimit", -1),
            ByteHardLimit = values.GetValueOrDefault("byteHardLimit", -1),
        };
    }

    internal ZNodeQuota WithUsage(byte[]? text)
    {
        Dictionary<string, long> values = ReadValues(text);
        return this with { UsedCount = values.GetValueOrDefault("count", -1), UsedBytes = values.GetValueOrDefault("bytes", -1) };
    }

    internal byte[] FormatLimits()
    {
        string text = string.Create(CultureInfo.InvariantCulture, $"count={Count},bytes={Bytes}");
        // Readers before 3.8 take the = for the end of the bytes and don't see what follows.
        if (ByteHardLimit > -1 || CountHardLimit > -1)
            text += string.Create(CultureInfo.InvariantCulture, $"=;byteHardLimit={ByteHardLimit};countHardLimit={CountHardLimit}");
        return Encoding.UTF8.GetBytes(text);
    }

    private static Dictionary<string, long> ReadValues(byte[]? text)
    {
        var values = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (string pair in Encoding.UTF8.GetString(text ?? []).Split([',', ';'], StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = pair.Split('=');
            if (parts.Length >= 2)
                values[parts[0]] = long.TryParse(parts[1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) ? value : -1;
        }

        return values;
    }
}
