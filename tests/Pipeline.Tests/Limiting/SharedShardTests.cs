using Orleans.Kpl.Pipeline.Tests.Simulation;

namespace Orleans.Kpl.Pipeline.Tests.Limiting;

/// <summary>Producers that know nothing of each other share a shard, for five simulated minutes.</summary>
public sealed class SharedShardTests(ITestOutputHelper output)
{
    private static readonly TimeSpan FiveMinutes = TimeSpan.FromMinutes(5);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void TwoProducersAndAForeignWriterAtHalfRate_UseTheShardFairlyAndHardlyThrottled(int seed)
    {
        var shard = Run(2, 0.5, seed);

        Assert.True(shard.Used >= 0.9);
        Assert.True(shard.Throttled <= 0.01);
        Assert.True(shard.Inequality <= 2);
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(2, 2)]
    [InlineData(2, 3)]
    [InlineData(4, 1)]
    [InlineData(4, 2)]
    [InlineData(4, 3)]
    public void ProducersAlone_ShareTheShard(int producers, int seed)
    {
        var shard = Run(producers, 0, seed);

        Assert.True(shard.Used >= 0.88);
        Assert.True(shard.Throttled <= 0.017);
        Assert.True(shard.Inequality <= 3);
    }

    [Fact]
    public void OneProducer_HasTheWholeShardAndIsNotThrottled()
    {
        var shard = Run(1, 0, 1);

        Assert.True(shard.Used >= 0.98);
        Assert.True(shard.Throttled <= 0.001);
    }

    private SharedShard Run(int producers, double foreign, int seed)
    {
        var shard = new SharedShard(producers, foreign, seed);
        shard.Run(FiveMinutes);
        output.WriteLine($"used {shard.Used:P2}, throttled {shard.Throttled:P2}, inequality {shard.Inequality:F2}");
        return shard;
    }
}
