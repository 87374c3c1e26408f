using Orleans.Kpl.LocalKinesis.Limits;

namespace Orleans.Kpl.LocalKinesis.Tests.Limits;

public class ReadLimitTests
{
    private static readonly long Second = TimeSpan.TicksPerSecond;
    private readonly ReadLimit _limit = new(0);

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
