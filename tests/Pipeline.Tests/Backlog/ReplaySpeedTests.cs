namespace Orleans.Kpl.Pipeline.Tests.Backlog;

/// <summary>What the replay takes of the shards, and what it leaves to others.</summary>
/// <remarks>Tests <see cref="Pipeline.Backlog.Replaying.Replayer"/>.</remarks>
public sealed class ReplaySpeedTests(ITestOutputHelper output)
{
    private const int Shards = 8;
    private const int Size = 2_000;
    private const double Capacity = 1 << 20;
    private const double LiveShare = 0.5;

    [Fact]
    public async Task Replay_BesideLiveTraffic_UsesTheSpareShards_AndLeavesTheirLatency()
    {
        var alone = await RunAsync(backlogRecords: 0, seconds: 10);
        var beside = await RunAsync(backlogRecords: 40_000, seconds: 10);
        output.WriteLine($"alone p50 {alone.P50} p99 {alone.P99} ms; beside p50 {beside.P50} p99 {beside.P99} ms, replay share {beside.ReplayShare:P1}");

        Assert.True(beside.ReplayShare >= 0.9, $"{beside.ReplayShare:P1}");
        Assert.True(beside.P99 <= alone.P99 + 250, $"{beside.P99} ms beside {alone.P99} ms");
    }

    /// <summary>Replayed records have nobody to wait for.</summary>
    [Theory]
    [InlineData(1, 4)]
    [InlineData(4, 4)]
    [InlineData(64, 2)]
    public async Task Replay_WhereNobodyElseUsesTheShards_TakesNearlyAllOfThem(int shards, int seconds)
    {
        await using var harness = new BacklogHarness(shards);
        harness.Kinesis.BeforePut = async (_, token) => await Task.Delay(TimeSpan.FromMilliseconds(20), harness.Time, token);
        await harness.DriveAsync(await harness.PutAsync(PipelineHarness.Record(9_000_000)));
        _ = harness.Backlog.Logs.AdoptAsync(await LogOfAsync((seconds + 1) * shards * 550));
        await harness.PassAsync(TimeSpan.FromSeconds(1));
        var before = Replayed(harness);
        await harness.PassAsync(TimeSpan.FromSeconds(seconds));
        var share = (Replayed(harness) - before) * (double)Size / (seconds * shards * Capacity);
        harness.Kinesis.BeforePut = static (_, _) => ValueTask.CompletedTask;
        output.WriteLine($"{shards} shards: {share:P1}");

        Assert.InRange(share, 0.9, 1.3);
    }

    private static async Task<(double P50, double P99, double ReplayShare)> RunAsync(int backlogRecords, int seconds)
    {
        await using var harness = new BacklogHarness(Shards);
        harness.Kinesis.BeforePut = async (_, token) => await Task.Delay(TimeSpan.FromMilliseconds(20), harness.Time, token);
        await harness.DriveAsync(await harness.PutAsync(PipelineHarness.Record(9_000_000)));
        if (backlogRecords > 0)
            _ = harness.Backlog.Logs.AdoptAsync(await LogOfAsync(backlogRecords));
        var latencies = new List<double>();
        var perStep = Shards * Capacity * LiveShare / Size / 200;
        var (owed, next) = (0.0, 0);
        var (replayedFrom, replayedTo) = (0L, 0L);
        for (var step = 0; step < seconds * 200; step++)
        {
            for (owed += perStep; owed >= 1; owed--)
                _ = MeasureAsync(harness, next++, step > 400 ? latencies : []);
            await harness.PassAsync(TimeSpan.FromMilliseconds(5));
            if (step == 400)
                replayedFrom = Replayed(harness);
            replayedTo = Replayed(harness);
        }

        var sorted = latencies.Order().ToList();
        var spare = Shards * Capacity * (1 - LiveShare) * (seconds - 2);
        harness.Kinesis.BeforePut = static (_, _) => ValueTask.CompletedTask;
        return (sorted[sorted.Count / 2], sorted[sorted.Count * 99 / 100], (replayedTo - replayedFrom) * (double)Size / spare);
    }

    private static long Replayed(BacklogHarness harness) => harness.Kinesis.CountOf("r");

    private static async Task MeasureAsync(BacklogHarness harness, int i, List<double> latencies)
    {
        var from = harness.Time.GetUtcNow();
        var enqueued = await harness.Producer.EnqueueAsync(BacklogHarness.Stream, new UserRecord($"live-{i}", new byte[Size]));
        await enqueued.Delivery;
        latencies.Add((harness.Time.GetUtcNow() - from).TotalMilliseconds);
    }

    private static Task<ISegmentLog> LogOfAsync(int records) => LeftLog.OfAsync(
        new MemoryBacklogStore(), Enumerable.Range(0, records).Select(static i => new UserRecord($"r-{i}", new byte[Size])).Chunk(500));
}
