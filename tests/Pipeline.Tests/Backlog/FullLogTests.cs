using System.Globalization;

namespace Orleans.Kpl.Pipeline.Tests.Backlog;

/// <summary>
/// The log of a stream at <c>BacklogMaxBytes</c>. What had to go behind records of an ordered stream was written whatever the log had: it grew to the end
/// of the disk.
/// </summary>
public sealed class FullLogTests
{
    private const long Limit = 1 << 20;
    private const int Ttl = 5;
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(Ttl + 3);

    private readonly Random _random = new(1);
    private int _next;

    [Theory]
    [InlineData(OrderedMode.Off)]
    [InlineData(OrderedMode.PutRecords)]
    public async Task Persisted_BehindALogThatWasThere_FailsWithItsCode_AndHealsAsSegmentsGo(OrderedMode mode)
    {
        await using var harness = NewHarness(o => o.Ordered = mode);
        var results = new List<RecordResult>(await PersistBeforeAsync(harness));

        for (var i = 0; i < 4; i++)
        {
            var began = harness.Time.GetUtcNow();
            results.AddRange(await harness.PersistAsync(Records(400), stepMs: 20));
            Assert.InRange(harness.Time.GetUtcNow() - began, TimeSpan.Zero, LongestWait);
        }

        Assert.Contains(results, static r => r.ErrorCode == RecordErrorCodes.BacklogFull);
        Assert.All(results, static r => Assert.True(r.IsSuccess || r.ErrorCode == RecordErrorCodes.BacklogFull, r.ToString()));
        // Without order several segments are written at once.
        var atOnce = mode == OrderedMode.Off ? harness.Store.MaxAppends : 1;
        Assert.InRange(harness.Backlog.Status.Bytes, Limit, Limit + (atOnce * harness.Store.TargetSegmentBytes));
        harness.Kinesis.ComeBack();
        await harness.EndAllAsync(stepMs: 20);
        results.AddRange(await harness.PersistAsync(Records(1)));
        Assert.Equal(RecordStatus.Persisted, results[^1].Status);
        await harness.DriveUntilAsync(() => harness.Ledger.InBacklog == 0);
        Assert.Equal(results.Count(static r => r.IsSuccess), mode == OrderedMode.Off ? harness.Seen.Count : CheckOrder(harness));
    }

    [Fact]
    public async Task Spilling_WhenWhatWasInMemoryHasEnded_TakesNoMore()
    {
        await using var harness = NewHarness(static o =>
        {
            o.HighWaterMode = HighWaterMode.Spill;
            o.MaxOutstandingBytes = 200_000;
        });
        harness.Kinesis.GoAway();
        await harness.OpenAsync();
        var deliveries = new List<Task<RecordResult>>();
        var putting = Task.WhenAll(Enumerable.Range(0, 8).Select(_ => PutSinglesAsync(harness, 1_000, null, deliveries)));

        await harness.PassAsync(TimeSpan.FromSeconds(60), stepMs: 20);

        Assert.InRange(harness.Backlog.Status.Bytes, Limit, Limit + harness.Store.TargetSegmentBytes);
        harness.Kinesis.ComeBack();
        await harness.DriveAsync(putting, stepMs: 20);
        await harness.EndAllAsync(stepMs: 20);
        Assert.Equal(deliveries.Count(static d => d.Result.IsSuccess), CheckOrder(harness));
    }

    /// <summary>Replay found no memory while records had it that wait for the replay, and those that ended made room for the next ones.</summary>
    [Fact]
    public async Task KinesisBack_WhileCallersPress_TheLogIsDelivered()
    {
        await using var harness = NewHarness();
        await PersistBeforeAsync(harness, memory: 200_000);
        using var stop = new CancellationTokenSource();
        var deliveries = new List<Task<RecordResult>>();
        var pressing = Task.WhenAll(
            Enumerable.Range(0, 8).Select(_ => PutSinglesAsync(harness, int.MaxValue, BacklogHarness.Persisted, deliveries, stop.Token)));
        await harness.PassAsync(TimeSpan.FromSeconds(10), stepMs: 20);
        Assert.InRange(harness.Backlog.Status.Bytes, Limit, long.MaxValue);
        var before = harness.Ledger.Delivered;

        harness.Kinesis.ComeBack();
        await harness.DriveUntilAsync(() => harness.Ledger.Delivered > before + 2_000, stepMs: 20);

        await stop.CancelAsync();
        await harness.DriveAsync(pressing, stepMs: 20);
        await harness.EndAllAsync(stepMs: 20);
        CheckOrder(harness);
    }

    /// <summary>Looked for once a second, room came too late: what waited was sent without the backlog.</summary>
    [Fact]
    public async Task KinesisBack_ABatchThatIsLargerThanTheRoom_IsWrittenAsSegmentsGo()
    {
        await using var harness = NewHarness();
        await PersistBeforeAsync(harness);
        await harness.PersistAsync(Records(800), stepMs: 20);
        harness.Kinesis.ComeBack();

        var results = await harness.PersistAsync(Records(2_500), stepMs: 20);

        Assert.All(results, static r => Assert.Equal(RecordStatus.Persisted, r.Status));
        await harness.EndAllAsync(stepMs: 20);
        CheckOrder(harness);
    }

    private static BacklogHarness NewHarness(Action<KplOptions>? configure = null) => new(shards: 2, configure: o =>
    {
        o.Ordered = OrderedMode.PutRecords;
        o.RecordTtl = TimeSpan.FromSeconds(Ttl);
        o.BacklogMaxBytes = Limit;
        configure?.Invoke(o);
    });

    /// <summary>Leaves 600 records in the log of a process that is gone, while Kinesis is away.</summary>
    /// <param name="memory">The memory of the next process.</param>
    private async Task<IReadOnlyList<RecordResult>> PersistBeforeAsync(BacklogHarness harness, long memory = 256 << 20)
    {
        harness.Kinesis.GoAway();
        var kept = new List<RecordResult>();
        for (var i = 0; i < 6; i++)
            kept.AddRange(await harness.PersistAsync(Records(100)));
        harness.Options.MaxOutstandingBytes = memory;
        harness.Crash();
        await harness.OpenAsync();
        return kept;
    }

    private async Task PutSinglesAsync(
        BacklogHarness harness, int count, PutOptions? options, List<Task<RecordResult>> deliveries, CancellationToken stop = default)
    {
        for (var i = 0; i < count && !stop.IsCancellationRequested; i++)
        {
            // The numbers rise as the puts are made: each joins the line before the next one is made.
            Task<EnqueuedRecord> putting;
            lock (deliveries)
                putting = harness.Producer.EnqueueAsync(BacklogHarness.Stream, Record(), options, CancellationToken.None).AsTask();
            var delivery = (await putting).Delivery;
            lock (deliveries)
                deliveries.Add(delivery);
        }
    }

    private UserRecord[] Records(int count) => [.. Enumerable.Range(0, count).Select(_ => Record())];

    /// <summary>One that compresses little.</summary>
    private UserRecord Record()
    {
        var bytes = new byte[750];
        _random.NextBytes(bytes);
        var number = _next++;
        return new UserRecord($"key-{number % 40}", Encoding.UTF8.GetBytes($"{number:D6}:{Convert.ToBase64String(bytes)}"));
    }

    private static int CheckOrder(BacklogHarness harness) =>
        InOrder.CheckRising(harness.Kinesis.Records, static r => int.Parse(r.Data.AsSpan(0, 6), CultureInfo.InvariantCulture));
}
