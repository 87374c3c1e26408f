using Orleans.Kpl.LocalKinesis.Limits;

namespace Orleans.Kpl.LocalKinesis.Tests.Limits;

public class ReadLimitTests
{
    private static readonly long Second = TimeSpan.TicksPerSecond;
    private readonly ReadLimit _limit = new(0);

    [Fact]
    public void TryStart_WhenCalledSixTimesInASecond_RefusesTheSixth()
    {
        Assert.Equal(5, Enumerable.Range(0, 6).Count(_ => _limit.TryStart(0)));
        Assert.True(_limit.TryStart(Second / 5));
    }

    [Fact]
    public void TryPlace_WhenCalledSixTimesInASecond_RefusesTheSixth_AndLeavesReadsAlone()
    {
        Assert.Equal(5, Enumerable.Range(0, 6).Count(_ => _limit.TryTakeIterator(0)));
        Assert.True(_limit.TryStart(0));
        Assert.True(_limit.TryTakeIterator(Second / 5));
        Assert.False(_limit.TryTakeIterator(Second / 5));
    }

    [Fact]
    public void TryStart_AfterTenMiB_RefusesForFiveSeconds()
    {
        Assert.True(_limit.TryStart(0));
        _limit.Charge(10 << 20);
        Assert.False(_limit.TryStart(Second * 49 / 10));
        Assert.True(_limit.TryStart(Second * 51 / 10));
    }

    [Fact]
    public void TryStart_WhenReadingTwoMiBASecond_NeverRefuses()
    {
        for (var second = 0; second < 30; second++)
        {
            Assert.True(_limit.TryStart(second * Second));
            _limit.Charge(2 << 20);
        }
    }
}
