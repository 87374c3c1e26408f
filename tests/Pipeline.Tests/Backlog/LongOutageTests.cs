using Orleans.Kpl.Pipeline.Tests.Simulation;

namespace Orleans.Kpl.Pipeline.Tests.Backlog;

/// <summary>Half an hour without Kinesis, at full load.</summary>
public sealed class LongOutageTests
{
    [Fact]
    public async Task Outage_OfHalfAnHour_KeepsMemoryFlat_AndEverything()
    {
        const int Room = 2 << 20;
        await using var bench = new BacklogHarness(shards: 2, configure: static o =>
        {
            o.HighWaterMode = HighWaterMode.Spill;
            o.MaxOutstandingBytes = Room;
            o.RecordTtl = TimeSpan.FromSeconds(10);
        });
        SpillTests.TakeDown(bench);
        var deliveries = new List<Task<IReadOnlyList<RecordResult>>>();
        var (most, count) = (0L, 0);
        for (var second = 0; second < 1_800; second += 2)
        {
            var batch = Enumerable.Range(count, 40).Select(static i => PipelineHarness.Record(i, 20_000)).ToArray();
            count += batch.Length;
            deliveries.Add(await bench.PutAsync(batch));
            await bench.PassAsync(TimeSpan.FromSeconds(2), stepMs: 100);
            most = Math.Max(most, bench.Producer.OutstandingBytes);
        }

        Assert.InRange(most, 0, Room);
        Assert.Equal(count, bench.Ledger.Accepted);
        Assert.True(bench.Ledger.InFlight < 200, bench.Ledger.ToString());
        SpillTests.BringUp(bench);
        await bench.DriveUntilAsync(() => bench.Ledger is { InFlight: 0, InBacklog: 0 }, stepMs: 100);
        Assert.All(deliveries.SelectMany(static d => d.Result), static r => Assert.True(r.IsSuccess, r.ToString()));
        Assert.Equal(count, bench.Ledger.Delivered);
    }
}
