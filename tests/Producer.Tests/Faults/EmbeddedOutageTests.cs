using Orleans.Kpl.LocalKinesis.Faults;
using Orleans.Kpl.Testing;

namespace Orleans.Kpl.Producer.Tests.Faults;

/// <summary>Kinesis away for a minute, and callers that go on.</summary>
[Trait("Category", "Long")]
public sealed class EmbeddedOutageTests
{
    private const long Memory = 1 << 20;

    [Fact]
    public async Task Put_WhenKinesisIsAwayForAMinute_LosesNothingAndKeepsItsRoom()
    {
        await using var run = await FaultRun.StartAsync(configure: o => (o.MaxOutstandingBytes, o.AggregationMaxCount) = (Memory, 350));
        await run.PutAsync(100);
        run.Kinesis.Faults.Add(new OutageFault { For = TimeSpan.FromSeconds(60) });

        var puts = run.PutAsync(30_000);
        var most = 0L;
        await Waiting.UntilAsync(() =>
        {
            most = Math.Max(most, run.Producer.OutstandingBytes);
            return puts.IsCompleted;
        });
        await puts;

        Assert.InRange(most, Memory * 9 / 10, Memory);
        Assert.All(run.Told.Values, r => Assert.True(r.IsSuccess, r.ToString()));
        Assert.Contains(run.Told.Values, r => r.Attempts.Count > 1);
        Assert.Equal(0, await run.CheckAsync());
    }
}
