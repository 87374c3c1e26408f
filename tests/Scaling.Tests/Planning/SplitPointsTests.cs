using System.Text;

namespace Orleans.Kpl.Scaling.Tests.Planning;

/// <summary>Where a shard is split, by what was observed of it.</summary>
public sealed class SplitPointsTests
{
    private static readonly ShardRange Shard = new("s", Topologies.Key(64), Topologies.Key(128) - 1);

    [Fact]
    public void Describe_IsTheSame_InEveryCulture()
    {
        var split = new ChosenSplit(Topologies.Key(96), 0.25, null);
        var told = split.Describe();
        using CommaCulture commas = new();
        Assert.Equal(told, split.Describe());
    }

    [Fact]
    public void FewSamples_NameNoKeyAndNoPlace()
    {
        var load = new ShardLoad(Shard, LoadSettings.Default, 0);
        // A large record is one sample, whatever its weight.
        Observe(load, Shard.StartingHashKey + 7, "only one", 1 << 20, 0, samples: ShardLoad.LeastSamples - 1);
        var few = load.Report(0);
        Assert.Empty(few.HotKeys);
        Assert.Equal(few.Histogram[0] * 64, few.Histogram.Sum(), 3);
        var split = SplitPoints.Weighted(Shard, few);
        Assert.Null(split.Dominant);
        Assert.Equal((0.5, Topologies.Key(96)), (Math.Round(split.LowerShare, 9), split.Key));

        Observe(load, Shard.StartingHashKey + 7, "only one", 1 << 20, 0, samples: 1);
        var enough = load.Report(0);
        Assert.Equal(1, Assert.Single(enough.HotKeys).Share);
        Assert.NotNull(SplitPoints.Weighted(Shard, enough).Dominant);
    }

    /// <summary>An even load is not one key, however early it is asked.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void EvenLoadOfManyKeys_AfterAnyNumberOfSamples_HasNoKeyThatIsTheLoad(int seed)
    {
        var load = new ShardLoad(Shard, LoadSettings.Default, 0);
        var random = new Random(seed);
        for (var i = 0; i < 500; i++)
        {
            Observe(load, Shard.StartingHashKey + (UInt128)random.NextInt64(), "a", 8_192, 0, samples: 1);
            Assert.Null(SplitPoints.Weighted(Shard, load.Report(0)).Dominant);
        }
    }

    private static void Observe(ShardLoad load, UInt128 hashKey, string key, long weight, long now, int samples = ShardLoad.LeastSamples)
    {
        for (var i = 0; i < samples; i++)
            load.OnSample(hashKey, Encoding.UTF8.GetBytes(key), weight, now);
    }
}
