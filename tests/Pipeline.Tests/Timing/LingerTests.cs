using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Tests.Timing;

public sealed class LingerTests
{
    private const long Ms = TimeSpan.TicksPerMillisecond;

    [Theory]
    [InlineData(100)]
    [InlineData(1_000)]
    [InlineData(1)]
    public void DeadlineFrom_IsNeverLaterThanTheLingerAndAtMostAFifthEarlier(int lingerMs)
    {
        var linger = new Linger(TimeSpan.FromMilliseconds(lingerMs));

        for (long now = 0; now < 300 * Ms; now += 12_345)
            Assert.InRange(linger.DeadlineFrom(now, long.MaxValue) - now, lingerMs * Ms * 4 / 5, lingerMs * Ms);
    }

    [Fact]
    public void DeadlineFrom_RecordsOfTheSameMoments_LeaveTogether()
    {
        var linger = new Linger(TimeSpan.FromMilliseconds(100));

        Assert.Equal(5, Enumerable.Range(0, 100).Select(i => linger.DeadlineFrom(i * Ms, long.MaxValue)).Distinct().Count());
    }

    [Fact]
    public void DeadlineFrom_WithoutLinger_IsNow() => Assert.Equal(77, new Linger(TimeSpan.Zero).DeadlineFrom(77, long.MaxValue));

    [Theory]
    [InlineData(40, 20)]
    [InlineData(1, 0.5)]
    [InlineData(-5, 0)]
    public void DeadlineFrom_LeavesHalfOfTheTimeToLiveForTheCall(int timeToLiveMs, double waitsMs) =>
        Assert.Equal((long)(waitsMs * Ms), new Linger(TimeSpan.FromMilliseconds(100)).DeadlineFrom(77 * Ms, (77 + timeToLiveMs) * Ms) - (77 * Ms));

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 50_000)]
    [InlineData(50_000, 50_000)]
    [InlineData(long.MaxValue, long.MaxValue)]
    public void AlignWakeUp_IsTheNextCommonInstant(long instant, long aligned) => Assert.Equal(aligned, Linger.AlignWakeUp(instant));
}
