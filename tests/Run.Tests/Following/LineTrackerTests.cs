using Orleans.Kpl.Run.Following;

namespace Orleans.Kpl.Run.Tests.Following;

public sealed class LineTrackerTests
{
    [Fact]
    public void Offset_IsBehindTheLastLineBeforeWhichNoneIsOpen()
    {
        var tracker = new LineTracker(100);
        var (first, second, third) = (tracker.Take(110), tracker.Take(120), tracker.Take(130));

        Assert.Equal(0, tracker.End(second));
        Assert.Equal((100, 3), (tracker.Offset, tracker.Open));
        Assert.Equal(2, tracker.End(first));
        Assert.Equal((120, 1), (tracker.Offset, tracker.Open));
        Assert.Equal(1, tracker.End(third));
        Assert.Equal((130, 0), (tracker.Offset, tracker.Open));
    }

    /// <summary>Whatever the order of the ends, the offset is what a simple count says.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Offset_InAnyOrder_IsTheCounted(int seed)
    {
        var random = new Random(seed);
        var tracker = new LineTracker(0);
        var open = new List<(long Number, long End)>();
        long taken = 0;
        for (var step = 0; step < 5000; step++)
        {
            if (open.Count < 300 && random.Next(2) == 0)
            {
                taken += random.Next(1, 9);
                open.Add((tracker.Take(taken), taken));
            }
            else if (open.Count > 0)
            {
                var at = random.Next(open.Count);
                tracker.End(open[at].Number);
                open.RemoveAt(at);
            }

            var firstOpen = open.Count > 0 ? open.MinBy(static line => line.Number) : (Number: long.MaxValue, End: 0);
            Assert.True(open.Count == 0 ? tracker.Offset == taken : tracker.Offset < firstOpen.End);
            Assert.True(tracker.Open >= open.Count);
        }
    }
}
