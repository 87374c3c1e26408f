namespace Orleans.Kpl.Pipeline.Tests.Road.Limiting;

/// <summary>Producers that know nothing of each other share a shard, for five simulated minutes.</summary>
public sealed class SharedShardTests(ITestOutputHelper output)
{
    private static readonly TimeSpan FiveMinutes = TimeSpan.FromMinutes(5);

    private const int Seeds = 20;

    /// <summary>Whom a throttle meets is chance: what holds on average, and nearly always, may not hold each time.</summary>
    [Fact]
    public void TwoProducersAndAForeignWriterAtHalfRate_UseTheShardFairlyAndAreHardlyThrottled()
    {
        var shards = Run(2, 0.5);

        Assert.All(shards, shard => Assert.True(shard.Used >= 0.95));
        Assert.All(shards, shard => Assert.True(shard.Throttled <= 0.006));
        Assert.True(shards.Average(s => s.OwnThrottled) <= 0.009);
        Assert.True(shards.Average(s => s.Inequality) <= 1.5);
        Assert.True(shards.Count(s => s.Inequality <= 2) >= Seeds * 19 / 20);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void ProducersAlone_ShareTheShardFairlyAndAreHardlyThrottled(int producers)
    {
        var shards = Run(producers, 0);

        Assert.All(shards, shard => Assert.True(shard.Used >= 0.9));
        Assert.All(shards, shard => Assert.True(shard.Throttled <= 0.01));
        Assert.True(shards.Average(s => s.Inequality) <= 1.7);
        Assert.True(shards.Count(s => s.Inequality <= 2) >= Seeds * 4 / 5);
    }

    [Fact]
    public void OneProducer_HasTheWholeShardAndIsNotThrottled()
    {
        var shard = Run(1, 0)[0];

        Assert.True(shard.Used >= 0.98);
        Assert.True(shard.Throttled <= 0.001);
    }

    /// <summary>
    /// What is sent while a first connection is made arrives at once and exhausts a window early. All that is throttled until that window ends
    /// has this one reason; it was taken for several, and slowed the producer down to a third for ten seconds.
    /// </summary>
    [Theory]
    [InlineData(100)]
    [InlineData(200)]
    [InlineData(300)]
    [InlineData(400)]
    [InlineData(500)]
    public void OneProducer_WhoseFirstRecordsExhaustAWindowEarly_HasTheWholeShardAllTheSame(int firstArriveAt)
    {
        var first = TimeSpan.FromMilliseconds(firstArriveAt);
        for (var seed = 1; seed <= Seeds; seed++)
        {
            var shard = new SharedShard(seed, windowsFrom: first, nothingArrivesBefore: first);
            shard.Run(TimeSpan.FromSeconds(20));
            output.WriteLine($"used {shard.Used:P2}, throttled {shard.Throttled:P2}");
            Assert.True(shard.Used >= 0.93);
        }
    }

    private List<SharedShard> Run(int producers, double foreign)
    {
        var shards = Enumerable.Range(1, Seeds).Select(seed => new SharedShard(producers, foreign, seed)).ToList();
        foreach (var shard in shards)
        {
            shard.Run(FiveMinutes);
            output.WriteLine($"used {shard.Used:P2}, throttled {shard.Throttled:P2}, inequality {shard.Inequality:F2}");
        }

        return shards;
    }
}
