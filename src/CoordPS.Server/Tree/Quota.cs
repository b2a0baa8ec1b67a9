using System.Globalization;
using System.Text;
using CoordPS.Protocol;

namespace CoordPS.Server;

/// <summary>
/// Quotas as Apache keeps them: for a subtree /a, limits in /zookeeper/quota/a/zookeeper_limits and use in
/// /zookeeper/quota/a/zookeeper_stats.
/// </summary>
internal static class Quota
{
    public const string ZooKeeper = "/zookeeper";
    public const string Root = "/zookeeper/quota";
    public const string Config = "/zookeeper/config";
    public const string LimitName = "zookeeper_limits";
    public const string StatName = "zookeeper_stats";

    public static string LimitPath(string path) => $"{Root}{path}/{LimitName}";

    public static string StatPath(string path) => $"{Root}{path}/{StatName}";
}

/// <summary>The text of a limit or stat node: <c>count=3,bytes=10</c>, hard limits after it (Apache's StatsTrack).</summary>
internal sealed class StatsTrack
{
    private readonly SortedDictionary<string, long> _values = new(StringComparer.Ordinal);

    public StatsTrack(ReadOnlySpan<byte> text)
    {
        foreach (string pair in Encoding.UTF8.GetString(text).Split([',', ';'], StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = pair.Split('=');
            if (parts.Length >= 2)
                _values[parts[0]] = long.TryParse(parts[1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long v) ? v : -1;
        }
    }

    public long Count
    {
        get => _values.GetValueOrDefault("count", -1);
        set => _values["count"] = value;
    }

    public long Bytes
    {
        get => _values.GetValueOrDefault("bytes", -1);
        set => _values["bytes"] = value;
    }

    public long CountHardLimit => _values.GetValueOrDefault("countHardLimit", -1);

    public long ByteHardLimit => _values.GetValueOrDefault("byteHardLimit", -1);

    public byte[] ToBytes()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"count={Count},bytes={Bytes}");
        // Apache writes "=" before the first hard limit; older readers depend on it.
        bool first = true;
        foreach ((string key, long value) in _values)
        {
            if (key is "count" or "bytes")
                continue;
            text.Append(first ? "=;" : ";").Append(CultureInfo.InvariantCulture, $"{key}={value}");
            first = false;
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>Whether a hard limit would be exceeded by a change.</summary>
    public bool Refuses(StatsTrack use, long bytes, long count) =>
        (count != 0 && CountHardLimit > -1 && use.Count + count > CountHardLimit)
        || (bytes != 0 && ByteHardLimit > -1 && use.Bytes + bytes > ByteHardLimit);

    /// <summary>Whether a limit of either kind would be exceeded by a change.</summary>
    public bool IsExceededBy(StatsTrack use, long bytes, long count)
    {
        long counts = CountHardLimit > -1 ? CountHardLimit : Count, sizes = ByteHardLimit > -1 ? ByteHardLimit : Bytes;
        return (count != 0 && counts > -1 && use.Count + count > counts) || (bytes != 0 && sizes > -1 && use.Bytes + bytes > sizes);
    }

    public override string ToString() => Encoding.UTF8.GetString(ToBytes());
}
