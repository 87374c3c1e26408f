using Orleans.Kpl.Pipeline.Doubts;
using Orleans.Kpl.Pipeline.Serving;

namespace Orleans.Kpl.Pipeline.Tests.Doubts;

/// <summary>Kinesis records whose verdict depends on the next shard map.</summary>
public sealed class PendingVerdictsTests
{
    /// <summary>.NET has no wait of two months, and a record out of the backlog of an ordered stream may have as long.</summary>
    [Fact]
    public async Task WaitAsync_OfARecordThatHasMonths_WaitsForTheNews()
    {
        using var parts = new StreamParts();
        parts.ShowShards(1);
        parts.Route(1, ttlSeconds: TimeSpan.FromDays(60).TotalSeconds);
        var record = parts.Engine.TakeAll().Single();

        Assert.Null(await Record.ExceptionAsync(() => new PendingVerdicts(parts.Clock).WaitAsync(record, Task.CompletedTask)));
    }
}
