using Orleans.Kpl.Metrics.Collecting;

namespace Orleans.Kpl.Metrics.Tests.Collecting;

public sealed class RecentMetricsTests
{
    private readonly FakeTimeProvider _time = new();

    /// <summary>A program that looked for each of its requests kept as many lists for a minute.</summary>
    [Fact]
    public void Add_ManyTimesASecond_KeepsTwoPartsASecond_AndEveryValue()
    {
        var recent = new RecentMetrics(_time);
        for (var look = 0; look < 20_000; look++)
        {
            recent.Add([Series(1)]);
            _time.Advance(TimeSpan.FromMilliseconds(1));
        }

        Assert.InRange(recent.Parts, 20, 41);
        Assert.Equal(20_000, Assert.Single(recent.Over(RecentMetrics.Longest)).Sum);
        Assert.InRange(Assert.Single(recent.Over(TimeSpan.FromSeconds(5))).Sum, 5_000, 6_000);

        _time.Advance(RecentMetrics.Longest + TimeSpan.FromSeconds(1));
        recent.Add([]);
        Assert.Equal(1, recent.Parts);
        Assert.Empty(recent.Over(RecentMetrics.Longest));
    }

    private static MetricSeries Series(double value) => new()
    {
        Name = "UserRecordsPut", Unit = "Count", Dimensions = [], Sum = value, Count = 1, Minimum = value, Maximum = value,
    };
}
