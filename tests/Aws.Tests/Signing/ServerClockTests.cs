using Orleans.Kpl.Aws.Signing;

namespace Orleans.Kpl.Aws.Tests.Signing;

public sealed class ServerClockTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly ServerClock _clock;

    public ServerClockTests() => _clock = new ServerClock(_time);

    [Theory]
    [InlineData(20)]
    [InlineData(-20)]
    public void TryLearn_WhenTheServersTimeIsFarOff_SignsWithIt(int minutes)
    {
        Assert.True(_clock.TryLearn(_time.GetUtcNow().AddMinutes(minutes), _clock.UtcNow));

        Assert.Equal(FakeTimeProvider.Start.AddMinutes(minutes), _clock.UtcNow);
        _time.Advance(TimeSpan.FromSeconds(7));
        Assert.Equal(FakeTimeProvider.Start.AddMinutes(minutes).AddSeconds(7), _clock.UtcNow);
    }

    /// <summary>Whoever answers could else have requests signed for a time to come, or stop all signing.</summary>
    [Theory]
    [InlineData(9999)]
    [InlineData(1)]
    public void TryLearn_WhenTheServersTimeIsAbsurd_ChangesNothing(int year)
    {
        var absurd = new DateTimeOffset(year, 12, 31, 23, 59, 59, TimeSpan.Zero);

        Assert.False(_clock.TryLearn(absurd, _clock.UtcNow));

        Assert.Equal((TimeSpan.Zero, FakeTimeProvider.Start), (_clock.Offset, _clock.UtcNow));
    }

    [Fact]
    public void TryLearn_WhenItCorrects_TellsSo_AndOnlyThen()
    {
        var told = new List<TimeSpan>();
        var clock = new ServerClock(_time) { Corrected = told.Add };

        clock.TryLearn(_time.GetUtcNow().AddMinutes(20), clock.UtcNow);
        clock.TryLearn(_time.GetUtcNow().AddMinutes(20), clock.UtcNow);
        clock.TryLearn(_time.GetUtcNow().AddDays(2), clock.UtcNow);

        Assert.Equal([TimeSpan.FromMinutes(20)], told);
    }

    [Fact]
    public void TryLearn_WhenTheTimeSignedWithWasRight_ChangesNothing()
    {
        Assert.False(_clock.TryLearn(_time.GetUtcNow().AddSeconds(30), _clock.UtcNow));

        Assert.Equal(TimeSpan.Zero, _clock.Offset);
    }

    [Fact]
    public void TryLearn_WhenLearntAlready_IsNotFooledByTheMachinesTime()
    {
        _clock.TryLearn(_time.GetUtcNow().AddMinutes(20), _clock.UtcNow);

        Assert.False(_clock.TryLearn(_time.GetUtcNow().AddMinutes(20), _clock.UtcNow));
    }
}
