using Orleans.Kpl.Pipeline.Idle;

namespace Orleans.Kpl.Pipeline.Tests.Idle;

public sealed class StreamSlotTests
{
    /// <summary>A policy that looks each minute keeps a stream open; the sums of a week, which look every eight, do not.</summary>
    [Theory]
    [InlineData(1, false)]
    [InlineData(8, true)]
    public void MarkLooked_UsesTheStream_WhereItComesSoonAgain(int minutes, bool isUnused)
    {
        var slot = NewSlot();
        Assert.False(slot.IsUnused(0, 10 * TimeSpan.TicksPerMinute));
        var seen = false;
        for (var minute = 1; minute <= 60; minute++)
        {
            if (minute % minutes == 0)
                slot.MarkLooked(minute * TimeSpan.TicksPerMinute);
            seen |= slot.IsUnused(minute * TimeSpan.TicksPerMinute, 10 * TimeSpan.TicksPerMinute);
        }

        Assert.Equal(isUnused, seen);
    }

    [Fact]
    public void IsUnused_CountsFromTheFirstLookAfterTheLastUse()
    {
        var slot = NewSlot();
        Assert.False(slot.IsUnused(now: 100, limit: 50));
        Assert.True(slot.IsUnused(now: 150, limit: 50));

        Assert.True(slot.TryEnter());
        slot.Leave();
        Assert.False(slot.IsUnused(now: 160, limit: 50));
        Assert.False(slot.IsUnused(now: 209, limit: 50));
        Assert.True(slot.IsUnused(now: 210, limit: 50));
    }

    private static StreamSlot<object> NewSlot() => new("events");
}
