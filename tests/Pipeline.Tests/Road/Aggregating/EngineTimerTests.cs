using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Tests.Road.Aggregating;

/// <summary>An engine is woken in time, and no record asks for more than it changes.</summary>
public sealed class EngineTimerTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly Woken _engine = new();
    private readonly TimerQueue _timers;
    private EngineTimer _timer = new();

    public EngineTimerTests() => _timers = new TimerQueue(new MonotonicClock(_time), static e => throw e);

    [Fact]
    public void News_IsOnlyWhatIsEarlierThanWhatWasSeenTo()
    {
        Assert.True(_timer.HasNews(Ms(50)));
        _timer.Rearm(_timers, _engine, Ms(50), Ms(50));
        Assert.False(_timer.HasNews(Ms(50)));
        Assert.True(_timer.HasNews(Ms(40)));

        _timer.Expect(Ms(30));

        Assert.True(_timer.HasNews(Ms(50)));
    }

    [Fact]
    public void Engine_IsWokenAtTheEarlierOfSendingAndExpiry()
    {
        _timer.Expect(Ms(30));
        _timer.Rearm(_timers, _engine, Ms(50), Ms(50));
        _time.Advance(TimeSpan.FromMilliseconds(30));
        Assert.Equal(1, _engine.Times);

        _timer.Fired();
        _timer.NextExpiry = long.MaxValue;
        _timer.Rearm(_timers, _engine, Ms(50), Ms(50));
        _time.Advance(TimeSpan.FromMilliseconds(20));

        Assert.Equal(2, _engine.Times);
    }

    /// <summary>A paused engine is woken for its first expiry alone. A record that expired before that had to wait for it.</summary>
    [Fact]
    public void News_IsAnExpiryBeforeTheWakeUp_ThoughTheOpenAggregateIsDue()
    {
        _timer.Expect(Ms(1_000));
        _timer.Rearm(_timers, _engine, long.MaxValue, Ms(10));
        _time.Advance(TimeSpan.FromMilliseconds(20));
        Assert.False(_timer.HasNews(Ms(10)));

        _timer.Expect(Ms(300));

        Assert.True(_timer.HasNews(Ms(10)));
    }

    private static long Ms(int milliseconds) => milliseconds * TimeSpan.TicksPerMillisecond;

    private sealed class Woken : TimerEntry
    {
        public int Times { get; private set; }

        internal override int Rank => 0;

        internal override void OnDue(long now) => Times++;
    }
}
