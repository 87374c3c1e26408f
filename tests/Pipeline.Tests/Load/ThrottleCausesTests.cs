using Orleans.Kpl.Pipeline.Load;
using Orleans.Kpl.Pipeline.Rates;

namespace Orleans.Kpl.Pipeline.Tests.Load;

public sealed class ThrottleCausesTests
{
    private const long Second = TimeSpan.TicksPerSecond;

    /// <summary>
    /// Four loops of 700 KB records on a slow machine were told as another writer of the shard, by the log and by the explanation.
    /// </summary>
    [Theory]
    [InlineData(1, 700_000, false)]
    [InlineData(0, 700_000, false)]
    [InlineData(0, 1 << 20, false)]
    [InlineData(8, 100_000, false)]
    [InlineData(8, 50_000, true)]
    [InlineData(0, 50_000, true)]
    public void Note_OfLargeRecords_ShowsNobodyElse(int delivered, int bytes, bool showsOthers)
    {
        var (causes, recent) = (new ThrottleCauses(), new RecentDeliveries());
        for (var i = 0; i < delivered; i++)
            recent.Add(bytes, 5 * Second + i);

        var cause = causes.Note(1, bytes, recent, 6 * Second);

        Assert.Equal(showsOthers, cause.ShowsOthers);
        Assert.Equal((delivered + 1) * bytes / (double)(1 << 20), cause.Sent, 9);
        Assert.Equal(showsOthers ? 1 : 0, causes.OthersShare);
    }

    [Fact]
    public void OthersShare_IsThatOfTheLastMinutes()
    {
        var (causes, recent) = (new ThrottleCauses(), new RecentDeliveries());
        causes.Note(10, 1_000, recent, Second);
        recent.Add(1 << 20, 2 * Second);
        causes.Note(10, 1_000, recent, 2 * Second);
        Assert.Equal(0.5, causes.OthersShare);
        causes.Fade(2);
        causes.Note(5, 1_000, recent, 2 * Second);
        Assert.InRange(causes.OthersShare, 0.3, 0.4);
        causes.Fade(30);
        Assert.Equal(0, causes.OthersShare);
    }
}
