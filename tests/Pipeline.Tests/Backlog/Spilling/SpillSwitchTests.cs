using Orleans.Kpl.Pipeline.Backlog.Spilling;

namespace Orleans.Kpl.Pipeline.Tests.Backlog.Spilling;

public sealed class SpillSwitchTests
{
    private const long Ms = TimeSpan.TicksPerMillisecond;

    [Theory]
    [InlineData(200, false)]
    [InlineData(480, false)]
    [InlineData(520, true)]
    public void Observe_OfAFullRoom_EngagesAfterHalfASecond(int milliseconds, bool engages)
    {
        var spill = new SpillSwitch();
        Observe(spill, 0, milliseconds, 1, waits: true, flows: false);
        Observe(spill, milliseconds + 20, milliseconds + 40, 0.5, waits: false, flows: true);

        Assert.Equal(engages, spill.IsEngaged);
        Assert.Equal(!engages, spill.IsAtRest);
    }

    [Fact]
    public void Observe_OfABlipEachSecond_NeverEngages()
    {
        var spill = new SpillSwitch();
        for (var second = 0; second < 60; second++)
        {
            Observe(spill, second * 1_000, (second * 1_000) + 400, 1, waits: true, flows: false);
            Observe(spill, (second * 1_000) + 420, (second * 1_000) + 980, 0.6, waits: false, flows: true);
        }

        Assert.False(spill.IsEngaged);
    }

    [Theory]
    [InlineData(0.4, true, true)]
    [InlineData(0.4, false, false)]
    [InlineData(0.6, true, false)]
    public void Observe_OnceEngaged_HealsBelowHalfWhileRecordsFlow(double fill, bool flows, bool heals)
    {
        var spill = new SpillSwitch();
        Observe(spill, 0, 600, 1, waits: true, flows: false);
        Assert.True(spill.IsEngaged);

        Observe(spill, 620, 1_500, fill, waits: false, flows);
        Assert.True(spill.IsEngaged);
        Observe(spill, 1_520, 1_700, fill, waits: false, flows);

        Assert.Equal(!heals, spill.IsEngaged);
    }

    private static void Observe(SpillSwitch spill, int from, int to, double fill, bool waits, bool flows)
    {
        for (var at = from; at <= to; at += 20)
            spill.Observe(at * Ms, fill, waits, flows);
    }
}
