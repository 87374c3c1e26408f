using FsCheck;
using FsCheck.Fluent;
using Orleans.Kpl.Cli.Bench;

namespace Orleans.Kpl.Cli.Tests.Bench;

public sealed class LatencyHistogramTests
{
    [Fact]
    public void Quantile_OverAnyLatencies_IsWithinOnePerCent()
    {
        var latencies = Gen.Choose(0, 100_000_000).NonEmptyListOf();
        Prop.ForAll(latencies.ToArbitrary(), Gen.Elements(0.01, 0.5, 0.9, 0.99, 1.0).ToArbitrary(), (all, share) =>
        {
            var histogram = new LatencyHistogram();
            foreach (var microseconds in all)
                histogram.Add(TimeSpan.FromMicroseconds(microseconds));
            var exact = all.Order().ElementAt((int)Math.Ceiling(share * all.Count) - 1) / 1000.0;
            return Math.Abs(histogram.Quantile(share) - exact) <= exact * 0.01;
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Quantile_OfNothing_IsZero() => Assert.Equal(0, new LatencyHistogram().Quantile(0.5));

    [Fact]
    public void Add_TakesTheLongestSpan_AndNegativeOnesAsZero()
    {
        var histogram = new LatencyHistogram();
        histogram.Add(TimeSpan.FromTicks(-5));
        Assert.Equal(0, histogram.Quantile(1));
        histogram.Add(TimeSpan.MaxValue);
        Assert.InRange(histogram.Quantile(1) / TimeSpan.MaxValue.TotalMilliseconds, 0.99, 1.01);
    }
}
