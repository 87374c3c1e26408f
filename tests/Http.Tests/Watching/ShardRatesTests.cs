using Orleans.Kpl.Administration;
using Orleans.Kpl.Http.Watching;

namespace Orleans.Kpl.Http.Tests.Watching;

public sealed class ShardRatesTests
{
    private readonly ShardRates _rates = new();

    [Fact]
    public void Next_WithinAMinute_IsWhatWasAddedPerSecond()
    {
        Look(Observed([10, 100, 1_000, 0, 0, 3]));
        var rate = Look(Observed([10, 600, 1_000 + (2 << 20), 0, 0, 5]), seconds: 2);
        Assert.Equal(new ShardRate(250, 1 << 20, 1, 1), rate);
    }

    /// <summary>A sender counts each minute from 0.</summary>
    [Fact]
    public void Next_AcrossTheEndOfAMinute_AddsTheRestOfTheLastOne()
    {
        Look(Observed([0, 100, 0, 0, 0, 0]));
        Assert.Equal(70, Look(Observed([0, 20, 0, 0, 0, 0], [0, 150, 0, 0, 0, 0])).Records);
        // The new minute has already more than the last one had at the last look.
        Assert.Equal(180, Look(Observed([0, 200, 0, 0, 0, 0], [0, 150, 0, 0, 0, 0])).Records);
        Assert.Equal(300, Look(Observed([0, 250, 0, 0, 0, 0], [0, 250, 0, 0, 0, 0])).Records);
    }

    [Fact]
    public void Next_OfAShardThatIsNew_OrHasAnotherSender_BeginsAnew()
    {
        Assert.Equal(default, Look(Observed([0, 100, 0, 0, 0, 0])));
        Assert.Equal(default, Look(Observed([0, 900, 0, 0, 0, 0]), process: "S2"));
        Assert.Equal(default, Look(Observed([])));
        Assert.Equal(default, Look(Observed([])));
        Assert.Equal(40, Look(Observed([0, 40, 0, 0, 0, 0])).Records);
    }

    /// <summary>The first look of a page told that a full shard is idle.</summary>
    [Fact]
    public void Next_AtTheFirstLook_IsTheLastWholeMinute() => Assert.Equal(
        new ShardRate(500, 1 << 19, 2, 0.5), Look(Observed([0, 100, 0, 0, 0, 0], [60_000, 30_000, 30L << 20, 600, 6 << 20, 120]), seconds: 0));

    /// <summary>A full shard goes on taking what waits for it when nothing more is offered.</summary>
    [Fact]
    public void Next_OfAShardThatWorksOffWhatWaited_IsInUse()
    {
        Look(Observed([0, 900, 9 << 20, 100, 1 << 20, 0]));
        Assert.Equal(new ShardRate(100, 1 << 20, 0, 1), Look(Observed([0, 900, 9 << 20, 200, 2 << 20, 0])));
    }

    private ShardRate Look(ShardObservation sight, double seconds = 1, string process = "S1")
    {
        var rate = _rates.Next(process, sight, seconds);
        _rates.EndLook();
        return rate;
    }

    private static ShardObservation Observed(long[] minute, long[]? last = null) => new() { ShardId = "shard-0", Minute = minute, LastMinute = last ?? [] };
}
