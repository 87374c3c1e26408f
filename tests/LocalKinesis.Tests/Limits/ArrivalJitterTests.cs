using Orleans.Kpl.LocalKinesis.Store;

namespace Orleans.Kpl.LocalKinesis.Tests.Limits;

public class ArrivalJitterTests
{
    [Fact]
    public void NextTicks_WhenDrawnOften_FillsTheRangeAndFollowsTheSeed()
    {
        var most = TimeSpan.FromMilliseconds(20);
        var draws = Draw(most, 7);
        Assert.All(draws, ticks => Assert.InRange(ticks, 0, most.Ticks));
        Assert.InRange(draws.Average(), most.Ticks * 0.45, most.Ticks * 0.55);
        Assert.Equal(draws, Draw(most, 7));
        Assert.NotEqual(draws, Draw(most, 8));
    }

    private static List<long> Draw(TimeSpan most, int seed)
    {
        var jitter = new ArrivalJitter(most, seed);
        return [.. Enumerable.Range(0, 2_000).Select(_ => jitter.NextTicks())];
    }
}
