using Orleans.Kpl.Metrics.Collecting;
using Orleans.Kpl.Metrics.Datadog;

namespace Orleans.Kpl.Metrics.Tests.Datadog;

public sealed class DistributionValuesTests
{
    private static readonly double[] Bounds = BucketBounds.For("ms");

    /// <summary>
    /// Whatever the values were: number, smallest, largest and mean are those of the values, and each lies in the bucket of the one it stands for.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(40)]
    [InlineData(DistributionValues.Most)]
    public void Values_OfAFewRecords_HaveTheirNumberMeanAndBuckets(int count)
    {
        var random = new Random(count);
        for (var run = 0; run < 50; run++)
        {
            double[] real = [.. Enumerable.Range(0, count).Select(_ => Math.Exp(random.NextDouble() * 13)).Order()];
            var values = DistributionValues.Of(Collect(real), Bounds);

            Assert.Equal((count, real[0], real[^1]), (values.Length, values[0], values[^1]));
            Assert.Equal(real.Average(), values.Average(), 6 * Math.Max(1, real[^1]) * 1e-12 + 1e-6);
            Assert.Equal(real.Select(BucketOf), values.Order().Select(static v => BucketOf(v - (v * 1e-12))));
        }
    }

    [Fact]
    public void Values_OfManyRecords_AreAsManyAsAreTaken_WithTheirMeanAndPercentiles()
    {
        var random = new Random(1);
        double[] real = [.. Enumerable.Range(0, 100_000).Select(_ => Math.Exp(random.NextDouble() * 10)).Order()];
        var values = DistributionValues.Of(Collect(real), Bounds);

        Assert.Equal((DistributionValues.Most, real[0], real[^1]), (values.Length, values[0], values[^1]));
        Assert.Equal(1, values.Average() / real.Average(), 0.01);
        foreach (var percentile in new[] { 0.5, 0.9, 0.95 })
            Assert.InRange(BucketOf(values.Order().ElementAt((int)(values.Length * percentile))) - BucketOf(real[(int)(real.Length * percentile)]), -1, 1);
    }

    [Fact]
    public void Values_AllAlike_AreThatValue() => Assert.Equal([7.0, 7, 7], DistributionValues.Of(Collect([7, 7, 7]), Bounds));

    private static MetricSeries Collect(double[] values)
    {
        var statistics = default(ValueStatistics);
        foreach (var value in values)
            statistics.Add(value, 1, Bounds);
        return new MetricSeries
        {
            Name = "RequestTime", Unit = "Milliseconds", Dimensions = [], Sum = statistics.Sum, Count = statistics.Count, Minimum = statistics.Minimum,
            Maximum = statistics.Maximum, Buckets = statistics.Buckets,
        };
    }

    private static int BucketOf(double value) => Bounds.Count(b => value > b);
}
