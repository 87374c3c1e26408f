using Orleans.Kpl.LocalKinesis.Limits;

namespace Orleans.Kpl.LocalKinesis.Tests.Limits;

public class WindowLimitTests
{
    private static readonly long Second = TimeSpan.TicksPerSecond;

    [Fact]
    public void TryTake_WhenTheWindowIsUsedUp_WaitsForTheNextOne()
    {
        var limit = new WindowLimit(TimeSpan.FromSeconds(1), 0);
        Assert.Equal(1_000, Enumerable.Range(0, 2_500).Count(_ => limit.TryTake(Second / 2, 10)));
        Assert.False(limit.TryTake(Second - 1, 10));
        Assert.Equal(1_000, Enumerable.Range(0, 2_500).Count(_ => limit.TryTake(Second, 10)));
    }

    [Fact]
    public void TryTake_WhenAggregatesOfFiftyKiB_AdmitsTwentyWholeOnes()
    {
        var limit = new WindowLimit(TimeSpan.FromSeconds(1), 0);
        Assert.Equal(20, Enumerable.Range(0, 100).Count(_ => limit.TryTake(0, 51_200)));
    }

    [Fact]
    public void TryTake_WhenLongerThanAWindow_IsOwedByTheNextOnes()
    {
        var limit = new WindowLimit(TimeSpan.FromMilliseconds(100), 0);
        Assert.True(limit.TryTake(0, 300_000));
        Assert.False(limit.TryTake(Second / 10, 100_000));
        Assert.True(limit.TryTake(Second * 3 / 10, 100_000));
    }

    [Fact]
    public void TryTake_WhenOverOneMiB_RefillsByWhatWindowsLeftUnused()
    {
        var limit = new WindowLimit(TimeSpan.FromSeconds(1), 0);
        Assert.True(limit.TryTake(0, 10 << 20));
        Assert.False(limit.TryTake(9 * Second, 10 << 20));
        Assert.True(limit.TryTake(10 * Second, 10 << 20));
    }
}
