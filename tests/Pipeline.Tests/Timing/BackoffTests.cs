using Orleans.Kpl.Pipeline.Settings;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Tests.Timing;

/// <remarks>Tests <see cref="BackoffPolicy"/> too.</remarks>
public sealed class BackoffTests
{
    [Theory]
    [InlineData(50, 1_000, new[] { 50, 100, 200, 400, 800, 1_000, 1_000 })]
    [InlineData(5, 500, new[] { 5, 10, 20, 40, 80, 160, 320, 500, 500 })]
    [InlineData(100, 400, new[] { 100, 200, 400, 400 })]
    [InlineData(70, 70, new[] { 70, 70, 70 })]
    public void Next_DoublesUpToTheLastWait(int firstMs, int lastMs, int[] expectedMs)
    {
        var backoff = new Backoff(TimeSpan.FromMilliseconds(firstMs), TimeSpan.FromMilliseconds(lastMs));

        foreach (var expected in expectedMs)
            Assert.Equal(TimeSpan.FromMilliseconds(expected), backoff.Next());
    }

    [Fact]
    public void Next_WithTheLongestWaitThereIs_DoesNotOverflow()
    {
        var backoff = new Backoff(TimeSpan.FromTicks(1), TimeSpan.MaxValue);

        for (var i = 0; i < 62; i++)
            Assert.Equal(TimeSpan.FromTicks(1L << i), backoff.Next());
        Assert.Equal(1L << 62, backoff.Next().Ticks);
        Assert.Equal(TimeSpan.MaxValue, backoff.Next());
    }

    [Fact]
    public void Reset_BeginsWithTheFirstWaitAgain()
    {
        var backoff = new Backoff(TimeSpan.FromMilliseconds(20), TimeSpan.FromSeconds(1));
        backoff.Next();
        backoff.Next();

        backoff.Reset();

        Assert.Equal(TimeSpan.FromMilliseconds(20), backoff.Next());
        Assert.Equal(TimeSpan.FromMilliseconds(40), backoff.Next());
    }

    [Theory]
    [InlineData(BackoffKind.Constant, 1, 50)]
    [InlineData(BackoffKind.Constant, 9, 50)]
    [InlineData(BackoffKind.Linear, 3, 150)]
    [InlineData(BackoffKind.Linear, 1_000, 5_000)]
    [InlineData(BackoffKind.Exponential, 1, 50)]
    [InlineData(BackoffKind.Exponential, 4, 400)]
    [InlineData(BackoffKind.Exponential, 500, 5_000)]
    public void Delay_IsBetweenHalfAndAllOfTheFullOne(BackoffKind kind, int failures, int fullMs)
    {
        var policy = new BackoffPolicy(kind, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(5));

        Assert.Equal(fullMs / 2.0, policy.Delay(failures, 0).TotalMilliseconds, 3);
        Assert.Equal(fullMs, policy.Delay(failures, 1).TotalMilliseconds, 3);
    }
}
