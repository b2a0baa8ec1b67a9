using CoordPS.Server.Admin;

namespace CoordPS.Server.Tests.Admin;

public class MetricTests
{
    [Fact]
    public void A_histogram_is_exact_below_128_and_within_two_percent_above()
    {
        var histogram = new LatencyHistogram();
        for (var i = 1; i <= 100; i++)
        {
            histogram.Record(i);
        }

        Assert.Equal(50, histogram.Quantile(0.5));
        Assert.Equal(99, histogram.Quantile(0.99));
        Assert.Equal(100, histogram.Quantile(1));

        for (var value = 128L; value < 1L << 39; value = (value * 5 / 3) + 1)
        {
            histogram.Reset();
            histogram.Record(value);
            Assert.InRange(histogram.Quantile(0.5), value, value * 1.016);
        }
    }

    [Fact]
    public void Values_out_of_range_count_as_the_nearest_one()
    {
        var histogram = new LatencyHistogram();
        histogram.Record(-5);
        Assert.Equal(0, histogram.Quantile(0.5));
        histogram.Record(long.MaxValue);
        Assert.Equal((1L << 40) - 1, histogram.Quantile(1));
        Assert.Equal(2, histogram.Count());
    }

    [Fact]
    public void Histograms_add_up()
    {
        var (one, two) = (new LatencyHistogram(), new LatencyHistogram());
        one.Record(1);
        two.Record(1000);
        one.Add(two);

        Assert.Equal((2, 1), (one.Count(), one.Quantile(0.5)));
    }

    [Fact]
    public void A_summary_keeps_its_extremes_under_concurrent_recording()
    {
        var summary = new Summary(percentiles: true);
        Parallel.For(1, 10001, i => summary.Record(i));

        Assert.Equal((10000, 1, 10000, 50005000), (summary.Count, summary.Min, summary.Max, summary.Sum));
        Assert.Equal(5000.5, summary.Average);
    }

    [Fact]
    public void Two_summaries_together_are_as_one()
    {
        var (one, other) = (new Summary(), new Summary());
        Assert.Equal((0, 0, 0), Summary.Together(one, other));
        other.Record(5);
        other.Record(8);
        Assert.Equal((5, 6.5, 8), Summary.Together(one, other));
        one.Record(2);
        Assert.Equal((2, 5, 8), Summary.Together(one, other));
    }

    [Fact]
    public void An_empty_summary_is_all_zeros()
    {
        var summary = new Summary();

        Assert.Equal((0, 0, 0, 0), (summary.Count, summary.Min, summary.Max, summary.Sum));
        Assert.Equal(0, summary.Average);
    }
}
