using Orleans.Kpl.Scaling.Operations;
using Orleans.Kpl.Scaling.Running;

namespace Orleans.Kpl.Scaling.Tests.Running;

public sealed class OverviewTextTests
{
    private static readonly ShardRange Shard = new("shard-0", 0, UInt128.MaxValue);

    /// <summary>As the minute ended in which a shard was first seen, what was seen until then did not count: a full shard was told as nearly idle.</summary>
    [Theory]
    [InlineData(2)]
    [InlineData(9.9)]
    [InlineData(10.1)]
    [InlineData(12)]
    [InlineData(25)]
    [InlineData(69.9)]
    [InlineData(70.1)]
    [InlineData(85)]
    public void Of_ASteadyLoad_IsItsRate_WhenTheShardWasFirstSeenTenSecondsBeforeAMinute(double seconds)
    {
        var load = new ShardLoad(Shard, LoadSettings.Default, 0, 50 * TimeSpan.TicksPerSecond);
        var end = (long)(seconds * TimeSpan.TicksPerSecond);
        for (var now = 0L; now < end; now += 10 * TimeSpan.TicksPerMillisecond)
            load.OnOffered(3, 1 << 10, now);

        var look = new StreamSnapshot(new StreamSummary("arn", "ACTIVE", DateTimeOffset.UnixEpoch, 1_024, false), [Shard]);
        var sight = new StreamObservation(look, new OwnedLoads([new OwnedLoad("silo", Shard.ShardId, load.Report(end))]));
        var shard = Assert.Single(OverviewText.Of("events", sight, operation: null, DateTimeOffset.UnixEpoch).Shards);

        Assert.InRange(shard.RecordsPerSecond, 99, 101);
        Assert.InRange(shard.UserRecordsPerSecond, 297, 303);
        Assert.InRange(shard.BytesPerSecond, 99 << 10, 101 << 10);
        Assert.InRange(shard.Utilisation, 0.099, 0.101);
    }
}
