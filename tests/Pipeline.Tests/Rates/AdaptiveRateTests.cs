using FsCheck;
using FsCheck.Fluent;
using Orleans.Kpl.Pipeline.Rates;
using Orleans.Kpl.Pipeline.Road.Limiting;
using Orleans.Kpl.Pipeline.Settings;
using Orleans.Kpl.Pipeline.Watching;

namespace Orleans.Kpl.Pipeline.Tests.Rates;

public sealed class AdaptiveRateTests
{
    private const long Second = TimeSpan.TicksPerSecond;
    private readonly AdaptiveRate _rate = new();

    [Fact]
    public void OnThrottled_OfRequestsBegunBeforeTheDecrease_IsOneDecrease()
    {
        Assert.True(_rate.OnThrottled(Second, Second / 2));
        var lowered = _rate.Rate(Second);
        Assert.False(_rate.OnThrottled(Second, Second));
        Assert.False(_rate.OnThrottled(Second + 1, Second / 2));

        Assert.InRange(lowered, 0.8, 0.9);
        Assert.False(_rate.OnThrottled(Second + (Second / 5), Second + (Second / 20)));
        Assert.InRange(_rate.Rate(Second + 1), lowered, lowered + 0.001);
        Assert.True(_rate.OnThrottled(Second + (Second / 5), Second + (Second / 19)));
        Assert.True(_rate.Rate(Second + (Second / 5)) < lowered);
    }

    [Fact]
    public void OnThrottled_WhereTheShardTookAllFromHere_IsOneDecreaseASecond()
    {
        Assert.True(_rate.OnThrottled(Second, Second, tookAll: true));
        for (var tenth = 1; tenth < 10; tenth++)
            Assert.False(_rate.OnThrottled(Second + tenth * Second / 10, Second + tenth * Second / 10, tookAll: true));
        Assert.True(_rate.Rate(2 * Second) > 0.85);
        Assert.True(_rate.OnThrottled(2 * Second, 2 * Second, tookAll: true));
    }

    [Fact]
    public void OnThrottled_AgainAndAgain_StopsAtTheFloorAndIsBackWithinTenSeconds()
    {
        long now = 0;
        for (var i = 0; i < 200; i++, now += Second / 10)
            _rate.OnThrottled(now, now);

        Assert.Equal(AdaptiveRate.Floor, _rate.Rate(now), 2);
        Assert.True(_rate.Rate(now + 10 * Second) >= 0.95);
        Assert.Equal(1, _rate.Rate(now + 11 * Second));
    }

    [Fact]
    public void OnThrottled_AtTheSameWallAgainAndAgain_ProbesRarelyButAgainAndAgain()
    {
        var throttles = new List<long>();
        for (long now = 0; now < 1_000 * Second; now += Second / 100)
        {
            if (_rate.Rate(now) > 0.5 && _rate.OnThrottled(now, now))
                throttles.Add(now);
        }

        Assert.InRange(throttles.Count(t => t > 200 * Second), 800 / 95, 800 / 30);
        Assert.All(throttles.Zip(throttles.Skip(1), (a, b) => b - a), gap => Assert.True(gap < 95 * Second));
    }

    /// <summary>Small records of others can keep every aggregate out of a full shard: then it takes more of them to get a foot in.</summary>
    [Fact]
    public void OnThrottled_AtTheFloorAgainAndAgain_ProbesAllTheSame()
    {
        long now = 0;
        for (; _rate.Rate(now) > AdaptiveRate.Floor * 1.001; now += Second / 10)
            _rate.OnThrottled(now, now);
        var most = 0.0;
        for (var tenth = 0; tenth < 150; tenth++, now += Second / 10)
        {
            most = Math.Max(most, _rate.Rate(now));
            if (_rate.Rate(now) < AdaptiveRate.Floor * 1.05)
                _rate.OnThrottled(now, now);
        }

        Assert.Equal(1, most);
    }

    /// <summary>A service that counts in windows refuses a little of the whole rate although nobody else writes.</summary>
    [Fact]
    public void OnThrottled_OnlyAtTheWholeRate_KeepsNearlyAllOfIt()
    {
        for (long now = 0; now < 300 * Second; now += Second)
        {
            if (_rate.Rate(now) > 0.98)
                _rate.OnThrottled(now, now);
        }

        Assert.True(_rate.Earned(0, 300 * Second) / (300 * Second) > 0.96);
    }

    [Fact]
    public void OnThrottled_WhileMasked_LowersNothing()
    {
        _rate.MaskUntil(5 * Second);

        Assert.False(_rate.OnThrottled(6 * Second, 5 * Second));
        Assert.Equal(1, _rate.Rate(6 * Second));
        Assert.True(_rate.OnThrottled(7 * Second, 6 * Second));
    }

    [Fact]
    public void Bucket_WithADebtOfALargeRecord_MasksThrottlesWhileItRuns()
    {
        var bucket = new AdaptiveBucket(ShardLimits.From(new StreamOptions()), 0);
        var rate = bucket.Rate;

        Assert.True(bucket.TryTake(Second, 10 << 20));

        Assert.False(rate.OnThrottled(9 * Second, 9 * Second));
        Assert.True(rate.OnThrottled(12 * Second, 12 * Second));
    }

    [Fact]
    public void Earned_IsTheSumOfTheRateAndWhenEarnedItsInverse()
    {
        var histories =
            from throttles in Gen.Choose(0, 600).ListOf()
            from start in Gen.Choose(0, 80_000)
            from needed in Gen.Choose(0, 40_000)
            select (Throttles: throttles, Start: start, Needed: needed);

        Prop.ForAll(Arb.From(histories), history =>
        {
            var rate = new AdaptiveRate();
            long now = 0;
            foreach (var wait in history.Throttles)
                rate.OnThrottled(now += wait * Second / 20 + 1, now);

            var from = now + history.Start * (Second / 1_000);
            var needed = history.Needed * (Second / 1_000.0);
            var at = rate.WhenEarned(from, needed);
            Assert.InRange(rate.Earned(from, at), needed - 0.5, needed + 2);

            const int Slices = 2_000;
            var sum = 0.0;
            for (var i = 0; i < Slices; i++)
                sum += rate.Rate(from + (long)((i + 0.5) * (at - from) / Slices)) * (at - from) / Slices;
            Assert.Equal(sum, rate.Earned(from, at), Math.Max(100, sum / 500));
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("Rate exceeded for shard shardId-000000000001 in stream exampleStreamName under account 111111111111.", "shardId-000000000001")]
    [InlineData("Rate exceeded for shard", null)]
    [InlineData("shardId-", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void ThrottledShard_IsTheOneThatTheMessageNames(string? message, string? shard) =>
        Assert.Equal(shard, Pipeline.Road.Judging.VerdictPolicy.ThrottledShard(message));
}
