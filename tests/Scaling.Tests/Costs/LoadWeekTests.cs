using Orleans.Kpl.Scaling.Costs;

namespace Orleans.Kpl.Scaling.Tests.Costs;

/// <remarks>Tests <see cref="LoadWeek"/>, <see cref="BilledLoad"/> and <see cref="MinuteCount"/>.</remarks>
public sealed class LoadWeekTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 5, 0, 0, 0, TimeSpan.Zero);

    private readonly LoadWeek _week = new();

    [Theory]
    [InlineData(1, 200, 1, 1, 1, 1)]
    [InlineData(1, 25_601, 2, 26, 2, 26)]
    [InlineData(1, 1 << 20, 41, 1_024, 41, 1_024)]
    [InlineData(100, 20_820, 1, 21, 100, 100)]
    [InlineData(2, 51_236, 3, 51, 2, 50)]
    public void Billed_OfARecord_IsRoundedUp(int users, int bytes, uint units, uint kib, uint unitsAlone, uint kibAlone) =>
        Assert.Equal(new BilledLoad(units, kib, unitsAlone, kibAlone), BilledLoad.Of(users, bytes));

    [Fact]
    public void Minutes_LookedAtTwice_CountOnce_AndThoseOfAllShardsTogether()
    {
        ShardLoad[] shards = [Shard(0), Shard(20)];
        for (var minute = 0; minute < 90; minute++)
        {
            foreach (var (i, shard) in shards.Index())
                shard.OnOffered(10, 1 << 20, At(minute, (20 * i) + 5));
            if (minute % 8 == 0)
                Look(At(minute, 30), shards);
        }

        Look(At(91, 0), shards);
        Look(At(91, 1), shards);
        Assert.Equal((2, 91, 180), (_week.Hours.Count, _week.Hours.Sum(static h => h.Minutes), _week.Hours.Sum(static h => h.Records)));
        Assert.Equal((Start, 1_800), (_week.Hours[0].From, _week.Hours.Sum(static h => h.UserRecords)));
        Assert.Equal(2 / 60.0, _week.Hours[0].PeakShards, 6);
    }

    /// <summary>A silo's clock is a little ahead or behind: none of its minutes counts twice, and none is missing.</summary>
    [Theory]
    [InlineData(-2)]
    [InlineData(2)]
    public void Minutes_OfAShardWhoseClockDiffers_AreThoseOfTheClock(int seconds)
    {
        var shard = new ShardLoad(new ShardRange("shard-0", 0, UInt128.MaxValue), LoadSettings.Default, At(0, 20), At(0, 20 + seconds));
        for (var minute = 0; minute < 10; minute++)
        {
            shard.OnOffered(minute + 1, 1_024, At(minute, 30));
            Look(At(minute, 59), [shard]);
            Look(At(minute + 1, 1), [shard]);
        }

        Look(At(12, 5), [shard]);
        Assert.Equal((12, 55), (_week.Hours.Sum(static h => h.Minutes), _week.Hours.Sum(static h => h.UserRecords)));
    }

    /// <summary>A stream that closes when it is idle has no shards that tell: its quiet minutes cost nothing, and count.</summary>
    [Fact]
    public void Minutes_OfAStreamThatHasClosed_CountAsQuiet()
    {
        var shard = Shard(0);
        shard.OnOffered(1, 1_024, 0);
        Look(At(5, 0), [shard]);
        for (var minute = 13; minute < 65; minute += 8)
            Look(At(minute, 0), []);
        Assert.Equal((60, 1), (_week.Hours[0].Minutes, _week.Hours.Sum(static h => h.Records)));
    }

    [Fact]
    public void Hours_OfMoreThanAWeek_AreForgotten()
    {
        for (var minute = 0; minute < 9 * 24 * 60; minute += 8)
            Look(At(minute, 0), []);
        Assert.Equal(LoadWeek.Kept, _week.Hours.Count);
        Assert.All(_week.Hours.Zip(_week.Hours.Skip(1)), static pair => Assert.Equal(TimeSpan.FromHours(1), pair.Second.From - pair.First.From));
    }

    private static ShardLoad Shard(int second) =>
        new(new ShardRange($"shard-{second}", 0, UInt128.MaxValue), LoadSettings.Default, At(0, second), At(0, second));

    private static long At(int minute, int second) => (minute * TimeSpan.TicksPerMinute) + (second * TimeSpan.TicksPerSecond);

    private void Look(long now, IEnumerable<ShardLoad> shards) => _week.Add(Start.AddTicks(now), shards.Select(s => s.Report(now)), MinuteCounts.Kept);
}
