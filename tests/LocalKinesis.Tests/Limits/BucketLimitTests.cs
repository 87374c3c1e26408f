using Orleans.Kpl.LocalKinesis.Limits;

namespace Orleans.Kpl.LocalKinesis.Tests.Limits;

public class BucketLimitTests
{
    private const int MiB = 1_048_576;

    [Fact]
    public void TryTake_WhenBurstOfSmallRecords_AdmitsAsManyAsTheBucketHolds()
    {
        var limit = new BucketLimit(TimeSpan.FromSeconds(1), 0);
        Assert.Equal(1_000, Enumerable.Range(0, 2_500).Count(_ => limit.TryTake(0, 10)));
        Assert.Equal(100, Enumerable.Range(0, 2_500).Count(_ => limit.TryTake(TimeSpan.FromMilliseconds(100).Ticks, 10)));
    }

    [Fact]
    public void TryTake_WhenBytesRunOut_RefusesTheRecordThatDoesNotFit()
    {
        var limit = new BucketLimit(TimeSpan.FromSeconds(1), 0);
        Assert.True(limit.TryTake(0, 700 * 1024));
        Assert.False(limit.TryTake(0, 700 * 1024));
        Assert.True(limit.TryTake(0, 324 * 1024));
    }

    [Fact]
    public void TryTake_WhenLongerThanTheBucket_StartsFullAndLeavesADebt()
    {
        var limit = new BucketLimit(TimeSpan.FromMilliseconds(100), 0);
        Assert.True(limit.TryTake(0, MiB / 2));
        Assert.False(limit.TryTake(TimeSpan.FromMilliseconds(399).Ticks, 1));
        Assert.True(limit.TryTake(TimeSpan.FromMilliseconds(401).Ticks, 1));
    }

    [Fact]
    public void TryTake_WhenOverOneMiB_DrawsOnItsOwnCredit()
    {
        var limit = new BucketLimit(TimeSpan.FromSeconds(1), 0);
        Assert.True(limit.TryTake(0, 10 * MiB));
        Assert.True(limit.TryTake(0, MiB));
        Assert.False(limit.TryTake(TimeSpan.FromSeconds(9).Ticks, 10 * MiB));
        Assert.True(limit.TryTake(TimeSpan.FromSeconds(11).Ticks, 10 * MiB));
    }

    [Fact]
    public void TryTake_WhenTheShardIsBusy_DoesNotRefillTheCreditForLargeRecords()
    {
        var limit = new BucketLimit(TimeSpan.FromSeconds(1), 0);
        Assert.True(limit.TryTake(0, 10 * MiB));
        for (var second = 0; second < 20; second++)
            Assert.True(limit.TryTake(TimeSpan.FromSeconds(second).Ticks, MiB));
        Assert.False(limit.TryTake(TimeSpan.FromSeconds(20).Ticks, 2 * MiB));
    }

    [Fact]
    public void TryTake_WhenTheClockGoesBackwards_MintsNothing()
    {
        var limit = new BucketLimit(TimeSpan.FromMilliseconds(1), TimeSpan.TicksPerSecond);
        Assert.True(limit.TryTake(TimeSpan.TicksPerSecond, 1));
        Assert.False(limit.TryTake(0, 1));
        Assert.False(limit.TryTake(TimeSpan.TicksPerSecond, 1));
    }
}
