using Orleans.Kpl.Aggregation;
using Orleans.Kpl.Pipeline.Load;

namespace Orleans.Kpl.Pipeline.Tests.Load;

public sealed class ShardLoadTests
{
    private const long Minute = TimeSpan.TicksPerMinute;

    private static readonly ShardRange Shard = new("s", UInt128.MaxValue / 4 + 1, UInt128.MaxValue / 2);

    [Fact]
    public void Report_OfMinutes_HoldsTheCompleteOnesNewestLast()
    {
        var load = new ShardLoad(Shard, LoadSettings.Default, now: 5);
        load.OnOffered(3, 300, 6);
        load.OnDelivered(3, 300, 7);
        load.OnThrottled(1, 300, Minute);
        Assert.Empty(load.Report(Minute + 4).Minutes);

        load.OnOffered(1, 50, Minute + 5);
        MinuteCount first = new(3, 1, 300, 1, 300, 1) { Billed = new BilledLoad(1, 1, 3, 3), DeliveredUserRecords = 3 };
        MinuteCount second = new(1, 1, 50, 0, 0, 0) { Billed = new BilledLoad(1, 1, 1, 1) };
        Assert.Equal([first], load.Report(Minute + 6).Minutes);
        Assert.Equal([first, second, default, default], load.Report((4 * Minute) + 5).Minutes);
    }

    [Fact]
    public void Report_AfterHours_HoldsAnHourAndNothingOlder()
    {
        var load = new ShardLoad(Shard, LoadSettings.Default, 0);
        for (var minute = 0; minute < 130; minute++)
            load.OnOffered(minute, 1, minute * Minute);
        Assert.Equal(Enumerable.Range(70, 60), load.Report(130 * Minute).Minutes.Select(m => (int)m.UserRecords));
        var idle = load.Report(1_000 * Minute).Minutes;
        Assert.Equal(60, idle.Count);
        Assert.All(idle, m => Assert.Equal(default, m));
    }

    [Fact]
    public void Utilisation_IsThatOfTheScarcerLimit()
    {
        Assert.Equal(0.5, new MinuteCount(0, 30_000, 60, 0, 0, 0).Utilisation, 9);
        Assert.Equal(0.5, new MinuteCount(0, 60, 30L << 20, 0, 0, 0).Utilisation, 9);
    }

    [Fact]
    public void Histogram_ShowsWhereSamplesLieAndForgetsByTheMinute()
    {
        var load = new ShardLoad(Shard, LoadSettings.Default with { HalfLifeMinutes = 1 }, 0);
        Observe(load, Shard.StartingHashKey, "a", 100, 0, samples: 400);
        Observe(load, Shard.EndingHashKey, "b", 10, 0, samples: 400);
        Assert.Equal((40_000, 4_000, 44_000), (load.Report(0).Histogram[0], load.Report(0).Histogram[63], load.Report(0).Histogram.Sum()));
        Observe(load, Shard.EndingHashKey, "b", 5, 2 * Minute, samples: 1);
        Assert.Equal(10_000, load.Report(2 * Minute).Histogram[0], 9);
        Assert.Equal(1_005, load.Report(2 * Minute).Histogram[63], 9);
    }

    [Fact]
    public void Histogram_OfASingleKeyShard_HoldsIt()
    {
        var shard = new ShardRange("s", UInt128.MaxValue, UInt128.MaxValue);
        var load = new ShardLoad(shard, LoadSettings.Default, 0);
        Observe(load, UInt128.MaxValue, "a", 7, 0);
        Assert.Equal(7 * ShardLoad.LeastSamples, load.Report(0).Histogram.Sum());
    }

    [Fact]
    public void SamplesOfLongAgo_CountLess_UntilTheyAreTooFew()
    {
        var load = new ShardLoad(Shard, LoadSettings.Default with { HalfLifeMinutes = 1 }, 0);
        Observe(load, Shard.StartingHashKey, "a", 100, 0, samples: 2 * ShardLoad.LeastSamples);
        Assert.NotEmpty(load.Report(Minute).HotKeys);
        Assert.Empty(load.Report(2 * Minute).HotKeys);
    }

    [Fact]
    public void HotKeys_AmongThousandsOfOthers_AreFoundWithTheirShares()
    {
        var load = new ShardLoad(Shard, LoadSettings.Default with { KeepKeyText = true }, 0);
        var random = new Random(1);
        for (var i = 0; i < 100_000; i++)
        {
            var dice = random.NextDouble();
            var key = dice < 0.4 ? "first" : dice < 0.5 ? "second" : "other" + random.Next(20_000);
            var utf8 = Encoding.UTF8.GetBytes(key);
            load.OnSample(Shard.StartingHashKey + (HashKey.OfPartitionKey(utf8) >> 3), utf8, 8_192, 0);
        }

        var hot = load.Report(0).HotKeys;
        Assert.Equal(["first", "second"], hot.Select(k => k.Key));
        Assert.InRange(hot[0].Share, 0.37, 0.41);
        Assert.InRange(hot[1].Share, 0.07, 0.11);
    }

    [Fact]
    public void HotKeys_WhenTextIsNotToBeKept_HaveNone()
    {
        var load = new ShardLoad(Shard, LoadSettings.Default, 0);
        Observe(load, Shard.StartingHashKey, "secret", 1, 0);
        var key = Assert.Single(load.Report(0).HotKeys);
        Assert.Null(key.Key);
        Assert.Equal(1, key.Share);
    }

    [Fact]
    public void HotKeys_WithTheSameLowerHalf_AreKeptApart()
    {
        var keys = new HotKeys(keepText: false);
        keys.Add(new UInt128(1, 9), default, 3);
        keys.Add(new UInt128(2, 9), default, 1);
        keys.Add(new UInt128(1, 9), default, 1);
        Assert.Equal([(new UInt128(1, 9), 0.8), (new UInt128(2, 9), 0.2)], keys.ToArray().Select(k => (k.Hash, k.Share)));
    }

    [Fact]
    public void HeaviestKey_IsNotKnown_BeforeThereAreEnoughSamples()
    {
        var load = new ShardLoad(Shard, LoadSettings.Default, 0);
        Observe(load, Shard.StartingHashKey, "a", 700_000, 0, samples: ShardLoad.LeastSamples - 1);
        Assert.Null(load.Counts(0).HeaviestKey);
        Observe(load, Shard.StartingHashKey, "a", 700_000, 0, samples: 1);
        Assert.Equal(1, load.Counts(0).HeaviestKey);
        Assert.Equal(load.Report(0).HotKeys[0].Share, load.Counts(0).HeaviestKey);
    }

    private static void Observe(ShardLoad load, UInt128 hashKey, string key, long weight, long now, int samples = ShardLoad.LeastSamples)
    {
        for (var i = 0; i < samples; i++)
            load.OnSample(hashKey, Encoding.UTF8.GetBytes(key), weight, now);
    }
}
