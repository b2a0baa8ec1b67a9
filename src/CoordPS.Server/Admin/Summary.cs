namespace CoordPS.Server.Admin;

/// <summary>Count, sum, smallest and largest of the values recorded, and their percentiles where asked for. Safe to record from any thread.</summary>
internal sealed class Summary(bool percentiles = false)
{
    private long _count;
    private long _sum;
    private long _min = long.MaxValue;
    private long _max = long.MinValue;

    public LatencyHistogram? Histogram { get; } = percentiles ? new LatencyHistogram() : null;

    public long Count => Interlocked.Read(ref _count);

    public long Sum => Interlocked.Read(ref _sum);

    /// <summary>0 when nothing was recorded.</summary>
    public long Min => Interlocked.Read(ref _min) is var min && min == long.MaxValue ? 0 : min;

    /// <summary>0 when nothing was recorded.</summary>
    public long Max => Interlocked.Read(ref _max) is var max && max == long.MinValue ? 0 : max;

    /// <summary>0 when nothing was recorded.</summary>
    public double Average => Count is > 0 and var count ? (double)Sum / count : 0;

    /// <summary>The extremes and the average of two summaries as if all had been recorded in one.</summary>
    public static (long Min, double Average, long Max) Together(Summary one, Summary other)
    {
        var (first, second) = (one.Count, other.Count);
        return first == 0 ? (other.Min, other.Average, other.Max)
            : second == 0 ? (one.Min, one.Average, one.Max)
            : (Math.Min(one.Min, other.Min), (double)(one.Sum + other.Sum) / (first + second), Math.Max(one.Max, other.Max));
    }

    public void Record(long value)
    {
        Interlocked.Increment(ref _count);
        if (value != 0)
        {
            Interlocked.Add(ref _sum, value);
        }

        for (var min = Interlocked.Read(ref _min); value < min;)
        {
            min = Interlocked.CompareExchange(ref _min, value, min) is var seen && seen == min ? value : seen;
        }

        for (var max = Interlocked.Read(ref _max); value > max;)
        {
            max = Interlocked.CompareExchange(ref _max, value, max) is var seen && seen == max ? value : seen;
        }

        Histogram?.Record(value);
    }

    public void Reset()
    {
        Interlocked.Exchange(ref _count, 0);
        Interlocked.Exchange(ref _sum, 0);
        Interlocked.Exchange(ref _min, long.MaxValue);
        Interlocked.Exchange(ref _max, long.MinValue);
        Histogram?.Reset();
    }
}
