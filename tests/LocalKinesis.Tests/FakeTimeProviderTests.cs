namespace Orleans.Kpl.LocalKinesis.Tests;

public class FakeTimeProviderTests
{
    /// <summary>Lost advances kept a scheduled cut-over from taking place, once in some thousand runs.</summary>
    [Fact]
    public async Task Advance_FromManyThreadsAtOnce_AddsUp()
    {
        var time = new FakeTimeProvider();
        var before = time.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 10_000; i++) time.Advance(TimeSpan.FromMilliseconds(1));
        }, TestContext.Current.CancellationToken)));
        Assert.Equal(TimeSpan.FromSeconds(40), time.GetElapsedTime(before));
    }
}
