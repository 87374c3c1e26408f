using FsCheck;
using FsCheck.Fluent;
using Orleans.Kpl.Pipeline.Road.Limiting;
using Orleans.Kpl.Pipeline.Settings;

namespace Orleans.Kpl.Pipeline.Tests.Road.Limiting;

public sealed class TokenBucketTests
{
    private const long Second = TimeSpan.TicksPerSecond;

    [Fact]
    public void TryTake_AtReadyAt_Succeeds()
    {
        var bucket = new TokenBucket(ShardLimits.From(new StreamOptions()), 0);
        long now = 0;
        for (var i = 0; i < 1_000; i++)
        {
            now = bucket.ReadyAt(now, 40_000 + i);
            Assert.True(bucket.TryTake(now, 40_000 + i));
        }

        Assert.InRange(now / (double)Second, 38, 40);
    }

    [Fact]
    public void TryTake_RecordLargerThanTheBucket_LeavesADebt()
    {
        var bucket = new TokenBucket(ShardLimits.From(new StreamOptions()), 0);

        Assert.True(bucket.TryTake(Second, 10 << 20));
        Assert.False(bucket.TryTake(10 * Second, 1_000));
        Assert.InRange(bucket.ReadyAt(10 * Second, 1_000), 10.8 * Second, 11 * Second);
    }

    [Fact]
    public void TryTake_SmallRecords_AreBoundByTheirCount()
    {
        var bucket = new TokenBucket(ShardLimits.From(new StreamOptions()), 0);
        var taken = 0;
        for (long now = 0; now <= Second; now += Second / 10_000)
            taken += bucket.TryTake(now, 10) ? 1 : 0;

        Assert.InRange(taken, 1_098, 1_101);
    }

    [Fact]
    public void TryTake_WhenClockGoesBackwards_DoesNotMint()
    {
        var bucket = new TokenBucket(ShardLimits.From(new StreamOptions()), Second);
        Assert.True(bucket.TryTake(Second, 51_201));

        Assert.False(bucket.TryTake(0, 51_201));
        Assert.False(bucket.TryTake(Second, 51_201));
    }

    /// <summary>The lower of the share and the absolute limit holds, for each of the two rates.</summary>
    [Theory]
    [InlineData(50, 0, 0, 500, 1 << 19)]
    [InlineData(100, 300, 0, 300, 1 << 20)]
    [InlineData(100, 0, 200_000, 1_000, 200_000)]
    [InlineData(20, 300, 500_000, 200, 209_715.2)]
    [InlineData(300, 2_000, 2_000_000, 2_000, 2_000_000)]
    public void AbsoluteLimits_HoldBesideTheShare(long rateLimit, long records, long bytes, double recordRate, double byteRate)
    {
        var limits = ShardLimits.From(new StreamOptions { RateLimit = rateLimit, ShardRecordsPerSecond = records, ShardBytesPerSecond = bytes });

        Assert.Equal(recordRate / Second, limits.RecordsPerTick, 12);
        Assert.Equal(byteRate / Second, limits.BytesPerTick, 12);
        Assert.Equal(recordRate / 10, limits.RecordCapacity, 6);
        Assert.Equal(Math.Max(51_201, byteRate / 10), limits.ByteCapacity, 3);
    }

    [Fact]
    public void NeverLetsThroughMoreThanRateTimesTimePlusCapacityPlusOneRecord()
    {
        var loads =
            from rate in Gen.Choose(1, 400)
            from burst in Gen.Choose(1, 2_000)
            from steps in Gen.ListOf(Gen.Choose(0, 2_000_000).SelectMany(wait => Gen.Choose(1, 300_000).Select(size => (Wait: wait, Size: size))))
            select (Rate: rate, Burst: burst, Steps: steps);

        Prop.ForAll(Arb.From(loads), load =>
        {
            var limits = ShardLimits.From(new StreamOptions { RateLimit = load.Rate, BurstTime = TimeSpan.FromMilliseconds(load.Burst) });
            var bucket = new TokenBucket(limits, 0);
            long now = 0, bytes = 0, records = 0, largest = 0;
            foreach (var (wait, size) in load.Steps)
            {
                now += wait;
                if (!bucket.TryTake(now, size))
                    continue;
                bytes += size;
                records++;
                largest = Math.Max(largest, size);
                Assert.True(bytes <= limits.BytesPerTick * now + limits.ByteCapacity + largest + 1);
                Assert.True(records <= limits.RecordsPerTick * now + limits.RecordCapacity + 1.001);
            }
        }).QuickCheckThrowOnFailure();
    }
}
