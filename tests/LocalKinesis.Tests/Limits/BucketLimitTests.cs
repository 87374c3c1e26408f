using Orleans.Kpl.LocalKinesis.Limits;

namespace Orleans.Kpl.LocalKinesis.Tests.Limits;

public class BucketLimitTests
{
    private const int MiB = 1_048_576;
    private readonly BucketLimit _limit = new(TimeSpan.FromSeconds(1), 0);

    [Fact]
    public void TryTake_WhenBurstOfSmallRecords_AdmitsAsManyAsTheBucketHolds()
    {
        Assert.Equal(1_000, Enumerable.Range(0, 2_500).Count(_ => _limit.TryTake(0, 10)));
        Assert.Equal(100, Enumerable.Range(0, 2_500).Count(_ => _limit.TryTake(TimeSpan.FromMilliseconds(100).Ticks, 10)));
    }

    [Fact]
    public void TryTake_WhenBytesRunOut_RefusesTheRecordThatDoesNotFit()
    {
        Assert.True(_limit.TryTake(0, 700 * 1024));
        Assert.False(_limit.TryTake(0, 700 * 1024));
        Assert.True(_limit.TryTake(0, 324 * 1024));
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
        Assert.True(_limit.TryTake(0, 10 * MiB));
        Assert.True(_limit.TryTake(0, MiB));
        Assert.False(_limit.TryTake(TimeSpan.FromSeconds(9).Ticks, 10 * MiB));
        Assert.True(_limit.TryTake(TimeSpan.FromSeconds(11).Ticks, 10 * MiB));
    }

    [Fact]
    public void TryTake_WhenTheShardIsBusy_DoesNotRefillTheCreditForLargeRecords()
    {
        Assert.True(_limit.TryTake(0, 10 * MiB));
        for (var second = 0; second < 20; second++)
            Assert.True(_limit.TryTake(TimeSpan.FromSeconds(second).Ticks, MiB));
        Assert.False(_limit.TryTake(TimeSpan.FromSeconds(20).Ticks, 2 * MiB));
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
