namespace Orleans.Kpl.Abstractions.Tests.Producing;

/// <remarks>Tests <see cref="LeftTasks"/>.</remarks>
public sealed class LeftTasksTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly TaskCompletionSource _task = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Fact]
    public async Task EndsWithin_OfATaskThatEndsInTime_ThrowsWhatItThrows()
    {
        var first = _task.Task.EndsWithin(TimeSpan.FromSeconds(5), _time);
        _task.SetResult();
        Assert.True(await first);

        // Its own time-out is no limit that has passed here.
        await Assert.ThrowsAsync<TimeoutException>(() => Task.FromException(new TimeoutException()).EndsWithin(TimeSpan.FromSeconds(5), _time));
    }

    [Fact]
    public async Task EndsWithin_OfATaskThatDoesNotEnd_IsOverWithTheTime()
    {
        var ends = _task.Task.EndsWithin(TimeSpan.FromSeconds(5), _time);
        _time.Advance(TimeSpan.FromSeconds(4.9));
        Assert.False(ends.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(0.1));

        Assert.False(await ends);
    }
}
