using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Tests.Timing;

public sealed class MonotonicClockTests
{
    private readonly FakeTimeProvider _time = new();

    /// <summary>After an hour's suspension health and attempts told instants of an hour before, until the process ended.</summary>
    [Theory]
    [InlineData(3_600)]
    [InlineData(-3_600)]
    public void Instants_AreToldByTheWallClock_AsItIs(int seconds)
    {
        var clock = new MonotonicClock(_time);
        _time.Advance(TimeSpan.FromMinutes(1));
        _time.Jump(TimeSpan.FromSeconds(seconds));
        _time.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal(_time.GetUtcNow(), clock.ToUtc(clock.Now));
        Assert.Equal(TimeSpan.FromMinutes(2).Ticks, clock.Now);
    }

    /// <summary>A clock is kept right by small steps: what was told of one instant stays so.</summary>
    [Fact]
    public void Instants_OfAClockThatIsHardlyMoved_StayAsTheyWere()
    {
        var clock = new MonotonicClock(_time);
        var told = clock.ToUtc(0);
        _time.Jump(TimeSpan.FromMilliseconds(900));

        Assert.Equal(told, clock.ToUtc(0));
    }
}
