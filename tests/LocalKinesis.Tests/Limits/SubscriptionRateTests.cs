using Orleans.Kpl.LocalKinesis.Limits;

namespace Orleans.Kpl.LocalKinesis.Tests.Limits;

public class SubscriptionRateTests
{
    [Fact]
    public void WaitTicks_AfterABurst_IsTheDebtAtTwoMiBASecond()
    {
        var rate = new SubscriptionRate(0);
        Assert.Equal(0, rate.WaitTicks(0));
        rate.Charge(1 << 20);
        Assert.Equal(0, rate.WaitTicks(0));
        rate.Charge(5 << 20);
        var wait = rate.WaitTicks(0);
        Assert.InRange(wait, 2 * TimeSpan.TicksPerSecond, 2 * TimeSpan.TicksPerSecond + 1);
        Assert.InRange(rate.WaitTicks(wait - 10), 1, 11);
        Assert.Equal(0, rate.WaitTicks(wait));
    }

    [Fact]
    public void WaitTicks_AfterALongPause_HasNoMoreThanASecondsWorth()
    {
        var rate = new SubscriptionRate(0);
        var now = TimeSpan.TicksPerHour;
        Assert.Equal(0, rate.WaitTicks(now));
        rate.Charge(4 << 20);
        Assert.InRange(rate.WaitTicks(now), TimeSpan.TicksPerSecond, TimeSpan.TicksPerSecond + 1);
    }
}
