using Orleans.Kpl.Cli.Batches;

namespace Orleans.Kpl.Cli.Tests.Batches;

public sealed class InFlightWindowTests
{
    private const long Batch = 512 << 10;

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Enter_WhenThereIsRoom_DoesNotWait()
    {
        var window = new InFlightWindow(_time);
        Assert.All(Enumerable.Range(0, 4), _ => Assert.True(window.EnterAsync(Batch).IsCompleted));
        Assert.False(window.EnterAsync(1).IsCompleted);
    }

    [Fact]
    public void Enter_WhenOneBatchIsLargerThanAll_LetsItGoAlone()
    {
        var window = new InFlightWindow(_time);
        Assert.True(window.EnterAsync(InFlightWindow.Smallest * 5).IsCompleted);
        var second = window.EnterAsync(1);
        Assert.False(second.IsCompleted);
        window.Leave(InFlightWindow.Smallest * 5, _time.GetTimestamp());
        Assert.True(second.IsCompleted);
    }

    [Fact]
    public void Leave_WhenAnswersAreQuickAndSomeoneWaits_Grows()
    {
        var window = new InFlightWindow(_time);
        Rounds(window, TimeSpan.FromMilliseconds(100), 20);
        Assert.Equal(InFlightWindow.Largest, window.Size);
    }

    [Fact]
    public void Leave_WhenNobodyWaits_StaysAsItIs()
    {
        var window = new InFlightWindow(_time);
        for (var i = 0; i < 100; i++)
        {
            Assert.True(window.EnterAsync(Batch).IsCompleted);
            window.Leave(Batch, _time.GetTimestamp());
        }

        Assert.Equal(InFlightWindow.Smallest, window.Size);
    }

    [Fact]
    public void Leave_WhenAnswersAreSlow_HalvesOnceForWhatWasUnderWayTogether()
    {
        var window = new InFlightWindow(_time, 32 << 20);
        var entered = _time.GetTimestamp();
        for (var i = 0; i < 64; i++)
            Assert.True(window.EnterAsync(Batch).IsCompleted);
        _time.Advance(InFlightWindow.Slow + TimeSpan.FromSeconds(1));
        for (var i = 0; i < 64; i++)
            window.Leave(Batch, entered);
        Assert.Equal(16 << 20, window.Size);
    }

    [Fact]
    public void Leave_WhenAnswersStaySlow_ComesDownToTheSmallest()
    {
        var window = new InFlightWindow(_time, 32 << 20);
        Rounds(window, InFlightWindow.Slow * 2, 12);
        Assert.Equal(InFlightWindow.Smallest, window.Size);
    }

    /// <summary>Fills the window, with one more that waits, and lets all leave after the same time, again and again.</summary>
    private void Rounds(InFlightWindow window, TimeSpan took, int rounds)
    {
        for (var i = 0; i < rounds; i++)
        {
            var entered = _time.GetTimestamp();
            var inside = 0;
            Task last;
            while ((last = window.EnterAsync(Batch)).IsCompleted)
                inside++;
            _time.Advance(took);
            for (var j = 0; j < inside; j++)
                window.Leave(Batch, entered);
            Assert.True(last.IsCompleted);
            window.Leave(Batch, _time.GetTimestamp());
        }
    }
}
