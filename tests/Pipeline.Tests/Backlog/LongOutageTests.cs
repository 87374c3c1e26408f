using Orleans.Kpl.Pipeline.Tests.Simulation;

namespace Orleans.Kpl.Pipeline.Tests.Backlog;

/// <summary>Half an hour without Kinesis, at full load.</summary>
public sealed class LongOutageTests
{
    [Fact]
    public async Task Outage_OfHalfAnHour_KeepsMemoryFlat_AndEverything()
    {
        const int Memory = 2 << 20;
        await using var harness = new BacklogHarness(shards: 2, configure: static o =>
        {
            o.HighWaterMode = HighWaterMode.Spill;
            o.MaxOutstandingBytes = Memory;
            o.RecordTtl = TimeSpan.FromSeconds(10);
        });
        SpillTests.TakeDown(harness);
        var deliveries = new List<Task<IReadOnlyList<RecordResult>>>();
        var (most, count) = (0L, 0);
        for (var second = 0; second < 1_800; second += 2)
        {
            var batch = Enumerable.Range(count, 40).Select(static i => PipelineHarness.Record(i, 20_000)).ToArray();
            count += batch.Length;
            deliveries.Add(await harness.PutAsync(batch));
            await harness.PassAsync(TimeSpan.FromSeconds(2), stepMs: 100);
            most = Math.Max(most, harness.Producer.OutstandingBytes);
        }

        Assert.InRange(most, 0, Memory);
        Assert.Equal(count, harness.Ledger.Accepted);
        Assert.True(harness.Ledger.InFlight < 200, harness.Ledger.ToString());
        SpillTests.BringUp(harness);
        await harness.DriveUntilAsync(() => harness.Ledger is { InFlight: 0, InBacklog: 0 }, stepMs: 100);
        Assert.All(deliveries.SelectMany(static d => d.Result), static r => Assert.True(r.IsSuccess, r.ToString()));
        Assert.Equal(count, harness.Ledger.Delivered);
    }
}
