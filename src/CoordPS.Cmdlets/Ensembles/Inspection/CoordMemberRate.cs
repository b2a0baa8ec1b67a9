namespace CoordPS;

/// <summary>A member's work during a measurement, by the difference of its own counters. What it does not tell is null.</summary>
public sealed class CoordMemberRate
{
    internal CoordMemberRate(CoordMember before, CoordMember after)
    {
        Member = after;
        double seconds = Math.Max((after.Reading!.Time - before.Reading!.Time).TotalSeconds, 1e-9);
        Received = Rate(before.Reading.Received, after.Reading.Received);
        Sent = Rate(before.Reading.Sent, after.Reading.Sent);
        Transactions = before.Epoch == after.Epoch ? Rate(before.LastZxid, after.LastZxid) : null;
        Fsyncs = Rate(Metric(before, "cnt_fsynctime"), Metric(after, "cnt_fsynctime"));
        if (Metric(after, "cnt_fsynctime") - Metric(before, "cnt_fsynctime") is > 0 and var count)
            AverageFsync = (Metric(after, "sum_fsynctime") - Metric(before, "sum_fsynctime")) / count;

        // A counter that went back was reset, or the member was restarted.
        double? Rate(double? first, double? last) => last - first is >= 0 and var difference ? difference / seconds : null;
    }

    /// <summary>The member, as it was at the end.</summary>
    public CoordMember Member { get; }

    /// <summary>Packets received from clients, a second.</summary>
    public double? Received { get; }

    /// <summary>Packets sent to clients, a second.</summary>
    public double? Sent { get; }

    /// <summary>Transactions applied, a second.</summary>
    public double? Transactions { get; }

    /// <summary>Fsyncs of the transaction log, a second (3.6 and later, if <c>mntr</c> is allowed).</summary>
    public double? Fsyncs { get; }

    /// <summary>Milliseconds that they took on average.</summary>
    public double? AverageFsync { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Member}: {Received:0}/s";

    private static double? Metric(CoordMember member, string name) =>
        double.TryParse(member.Reading!.Metrics.GetValueOrDefault(name), System.Globalization.CultureInfo.InvariantCulture, out double value) ? value : null;
}
