using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Tests.Timing;

public sealed class CooldownTests
{
    private readonly Cooldown _cooldown = new(TimeSpan.FromTicks(100));

    [Fact]
    public void TryStart_FirstTime_IsAllowedAtOnce() => Assert.True(_cooldown.TryStart(0));

    [Fact]
    public void TryStart_IsAllowedOncePerInterval()
    {
        long[] asked = [0, 1, 99, 100, 150, 199, 200, 450, 500, 550];

        Assert.Equal([0, 100, 200, 450, 550], asked.Where(_cooldown.TryStart));
    }

    [Fact]
    public void TryStart_ByManyThreadsAtOnce_IsAllowedForOneOfThem()
    {
        var allowed = 0;
        Parallel.For(0, 1_000, _ =>
        {
            if (_cooldown.TryStart(0))
                Interlocked.Increment(ref allowed);
        });

        Assert.Equal(1, allowed);
    }
}
