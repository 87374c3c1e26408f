using Orleans.Kpl.Lanes.Messages;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Lanes.Tests.Messages;

public sealed class QueueWatchTests
{
    /// <summary>Each put looked at every message that waited, under the stream's lock: the fuller the queue, the slower the puts.</summary>
    [Fact]
    public void Arm_WhileArmed_DoesNotLookAtWhatWaits()
    {
        var clock = new MonotonicClock(new FakeTimeProvider());
        using var timers = new TimerQueue(clock, static _ => { });
        var looks = 0;
        var watch = new QueueWatch(null!, () => clock.Now + ++looks, timers);

        for (var put = 0; put < 1_000; put++)
            watch.Arm(clock.Now);

        Assert.Equal(1, looks);
    }
}
