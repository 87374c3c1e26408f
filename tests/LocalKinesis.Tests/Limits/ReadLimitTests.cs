using Orleans.Kpl.LocalKinesis.Limits;

namespace Orleans.Kpl.LocalKinesis.Tests.Limits;

public class ReadLimitTests
{
    private static readonly long Second = TimeSpan.TicksPerSecond;

    [Fact]
    public void TryStart_WhenCalledSixTimesInASecond_RefusesTheSixth()
    {
        var limit = new ReadLimit(0);
        Assert.Equal(5, Enumerable.Range(0, 6).Count(_ => limit.TryStart(0)));
        Assert.True(limit.TryStart(Second / 5));
    }

    [Fact]
    public void TryPlace_WhenCalledSixTimesInASecond_RefusesTheSixth_AndLeavesReadsAlone()
    {
        var limit = new ReadLimit(0);
        Assert.Equal(5, Enumerable.Range(0, 6).Count(_ => limit.TryTakeIterator(0)));
        Assert.True(limit.TryStart(0));
        Assert.True(limit.TryTakeIterator(Second / 5));
        Assert.False(limit.TryTakeIterator(Second / 5));
    }

    [Fact]
    public void TryStart_AfterTenMiB_RefusesForFiveSeconds()
    {
        var limit = new ReadLimit(0);
        Assert.True(limit.TryStart(0));
        limit.Charge(10 << 20);
        Assert.False(limit.TryStart(Second * 49 / 10));
        Assert.True(limit.TryStart(Second * 51 / 10));
    }

    [Fact]
    public void TryStart_WhenReadingTwoMiBASecond_NeverRefuses()
    {
        var limit = new ReadLimit(0);
        for (var second = 0; second < 30; second++)
        {
            Assert.True(limit.TryStart(second * Second));
            limit.Charge(2 << 20);
        }
    }
}
