using Orleans.Kpl.Pipeline.Settings;

namespace Orleans.Kpl.Pipeline.Tests.Retrying;

public sealed class BackoffPolicyTests
{
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
