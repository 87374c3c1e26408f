using Orleans.Kpl.Pipeline.Tests.Telemetry;

namespace Orleans.Kpl.Pipeline.Tests.Ordering;

/// <summary>One record in flight per shard, whatever becomes of it.</summary>
public sealed class OrderedStreamTests
{
    private const int Keys = 8;

    public static TheoryData<OrderedMode> Modes => [OrderedMode.PutRecord, OrderedMode.PutRecords];

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task Put_OfOneRecord_IsAnAggregateUnderTheSameKey(OrderedMode mode)
    {
        await using var harness = Ordered(mode, shards: 1);
        var keys = new List<(string Key, bool IsAggregate)>();
        harness.Kinesis.BeforePut = (entries, _) =>
        {
            keys.Add((System.Text.Encoding.UTF8.GetString(entries.Span[0].PartitionKey.Span),
                entries.Span[0].Data.Span.StartsWith(Deaggregation.AggregateFormat.Magic)));
            return default;
        };
        for (var i = 0; i < 3; i++)
            Assert.True((await harness.DriveAsync(await PutAsync(harness, i))).IsSuccess);
        Assert.Equal([("a", true), ("a", true), ("a", true)], keys);
    }

    [Fact]
    public async Task PutRecord_NamesTheFormerSequenceNumberOfItsShard()
    {
        await using var harness = Ordered(OrderedMode.PutRecord, shards: 1);
        var numbers = new List<string?>();
        for (var i = 0; i < 4; i++)
            numbers.Add((await harness.DriveAsync(await PutAsync(harness, i))).SequenceNumber);
        Assert.Equal([null, .. numbers[..3]], harness.Kinesis.Orderings);
    }

    [Fact]
    public async Task PutRecord_WhenTheNumberIsNotTaken_GoesOnWithoutOne()
    {
        await using var harness = Ordered(OrderedMode.PutRecord, shards: 1);
        Assert.True((await harness.DriveAsync(await PutAsync(harness, 0))).IsSuccess);
        var refusals = 1;
        harness.Kinesis.BeforePut = (_, _) => refusals-- > 0
            ? throw new KinesisException(KinesisFailureKind.Refused, "InvalidArgumentException", "the number is of another stream", 400)
            : default;
        var result = await harness.DriveAsync(await PutAsync(harness, 1));
        Assert.True(result.IsSuccess);
        Assert.Single(result.Attempts);
        Assert.Null(harness.Kinesis.Orderings.Last());
    }

    /// <summary>It counted as a call that failed: the shard's rate was not lowered, and nobody was told.</summary>
    [Fact]
    public async Task PutRecord_ThatIsThrottledWithoutANumber_CountsAsThrottled()
    {
        await using var harness = Ordered(OrderedMode.PutRecord, shards: 1);
        Assert.True((await harness.DriveAsync(await PutAsync(harness, 0))).IsSuccess);
        var refusals = new Queue<string>(["InvalidArgumentException", RecordErrorCodes.Throttled]);
        harness.Kinesis.BeforePut = (_, _) => refusals.TryDequeue(out var code)
            ? throw new KinesisException(KinesisFailureKind.Refused, code, "as the test says", 400)
            : default;
        var result = await harness.DriveAsync(await PutAsync(harness, 1));
        Assert.True(result.IsSuccess);
        Assert.Equal(RecordErrorCodes.Throttled, result.Attempts[0].ErrorCode);
        Assert.Contains(harness.Events.Said, static e => e.StartsWith("throttled", StringComparison.Ordinal));
    }

    [Fact]
    public async Task PutRecords_SendsOneRecordOfEachShardInACall()
    {
        await using var harness = Ordered(OrderedMode.PutRecords, shards: 4);
        var puts = new List<Task<RecordResult>>();
        for (var i = 0; i < 400; i++)
            puts.Add(await PutAsync(harness, i, keys: 400));
        await harness.DriveAsync(Task.WhenAll(puts));
        Assert.Equal([4], harness.Kinesis.Calls);
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task Put_WhenAnAttemptIsAppliedAfterItsRetryAndTwoSuccessors_FirstAppearancesAreInOrder(OrderedMode mode)
    {
        await using var harness = Ordered(mode, shards: 1);
        ReadOnlyMemory<PutRecordsEntry> late = default;
        harness.Kinesis.BeforePut = (entries, _) =>
        {
            harness.Kinesis.BeforePut = static (_, _) => default;
            var entry = entries.Span[0];
            late = new[] { entry with { Data = entry.Data.ToArray(), PartitionKey = entry.PartitionKey.ToArray() } };
            throw new KinesisException(KinesisFailureKind.Ambiguous, RecordErrorCodes.RequestTimeout, "no answer");
        };
        for (var i = 0; i < 3; i++)
        {
            var result = await harness.DriveAsync(await PutAsync(harness, i, keys: 1));
            Assert.Equal((true, i == 0 ? 2 : 1), (result.IsSuccess, result.Attempts.Count));
        }

        harness.Kinesis.ApplyLate(late);
        Assert.Equal([0, 1, 2, 0], harness.Kinesis.Records.Select(r => InOrder.NumberOf(r.Data)));
        InOrder.Check(harness, new HashSet<int> { 0, 1, 2 });
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task Put_WhenSequenceNumbersFall_SaysSoAndDelivers(OrderedMode mode)
    {
        await using var harness = Ordered(mode, shards: 1);
        Assert.True((await harness.DriveAsync(await PutAsync(harness, 0))).IsSuccess);
        harness.Kinesis.Answer = static r => new([r.Entries[0] with { SequenceNumber = new string('0', 56) }]);
        Assert.True((await harness.DriveAsync(await PutAsync(harness, 1))).IsSuccess);
        harness.Kinesis.Answer = static r => r;
        Assert.True((await harness.DriveAsync(await PutAsync(harness, 2))).IsSuccess);
        Assert.Equal(["order violated shardId-000000000000"], harness.Events.Said.Where(s => s.StartsWith("order", StringComparison.Ordinal)));
        Assert.Equal(new MetricReader.Sum(1, 1), harness.Metrics.Of("OrderViolations"));
    }

    [Fact]
    public async Task Put_WithoutTheRightToListShards_SendsOneByOneInOrder()
    {
        await using var harness = Ordered(OrderedMode.PutRecord, shards: 3);
        harness.Kinesis.BeforeList = static _ => throw new KinesisException(KinesisFailureKind.Refused, "AccessDeniedException", "no", 400);
        var most = 0;
        var now = 0;
        harness.Kinesis.BeforePut = async (_, token) =>
        {
            most = Math.Max(most, ++now);
            await Task.Delay(TimeSpan.FromMilliseconds(20), harness.Time, token);
            now--;
        };
        var puts = new List<Task<RecordResult>>();
        for (var i = 0; i < 40; i++)
            puts.Add(await PutAsync(harness, i));
        await harness.DriveAsync(Task.WhenAll(puts), 20);
        Assert.All(puts, p => Assert.True(p.Result.IsSuccess, p.Result.ToString()));
        InOrder.Check(harness, Enumerable.Range(0, 40).ToHashSet());
        Assert.Equal((1, 40), (most, harness.Kinesis.Calls.Count));
    }

    [Fact]
    public async Task Put_WithAggregationOff_SendsPlainRecordsInOrder()
    {
        await using var harness = Ordered(OrderedMode.PutRecords, shards: 2, o => o.AggregationEnabled = false);
        var puts = new List<Task<RecordResult>>();
        for (var i = 0; i < 50; i++)
            puts.Add(await PutAsync(harness, i));
        await harness.DriveAsync(Task.WhenAll(puts));
        foreach (var shard in InOrder.FirstSeen(harness).GroupBy(r => r.Shard))
            Assert.Equal(shard.Select(r => r.Number).Order(), shard.Select(r => r.Number));
        Assert.Equal(50, harness.Kinesis.Records.Select(r => r.SequenceNumber).Distinct().Count());
    }

    [Fact]
    public async Task Dispose_WithRecordsInFlightAndBehind_EndsThemAll()
    {
        var harness = Ordered(OrderedMode.PutRecord, shards: 1, o => o.DrainTimeout = TimeSpan.FromMilliseconds(100));
        harness.Kinesis.BeforePut = static async (_, token) => await Task.Delay(Timeout.Infinite, token);
        var puts = new List<Task<RecordResult>>();
        for (var i = 0; i < 50; i++)
        {
            puts.Add(await PutAsync(harness, i, PutOptions.WithoutLinger));
            await PipelineHarness.SettleAsync();
        }

        await harness.DisposeAsync();
        Assert.All(puts, p => Assert.Equal(RecordErrorCodes.Shutdown, p.Result.ErrorCode));
        Assert.Equal((0, 0), (harness.Producer.OutstandingRecords, harness.Producer.OutstandingBytes));
    }

    [Fact]
    public async Task Put_WhenTheRecordLimitIsLowered_TakesLargeAggregatesApartInPlace()
    {
        await using var harness = Ordered(OrderedMode.PutRecords, shards: 1, o => o.RecordTtl = TimeSpan.FromMinutes(5));
        var inFlight = new TaskCompletionSource();
        harness.Kinesis.BeforePut = async (_, _) => await inFlight.Task;
        var puts = new List<Task<RecordResult>> { await PutAsync(harness, 0, PutOptions.WithoutLinger, size: 2_000) };
        await PipelineHarness.SettleAsync();
        for (var i = 1; i < 100; i++)
            puts.Add(await PutAsync(harness, i, size: 2_000));
        harness.Kinesis.Summary = static () => new("arn", "ACTIVE", DateTimeOffset.UnixEpoch, 10, false);
        await harness.DriveAsync(Task.Delay(TimeSpan.FromSeconds(31), harness.Time), 500);
        inFlight.SetResult();
        await harness.DriveAsync(Task.WhenAll(puts));
        Assert.All(puts, p => Assert.True(p.Result.IsSuccess, p.Result.ToString()));
        Assert.Equal(Enumerable.Range(0, 100), InOrder.FirstSeen(harness).Select(r => r.Number));
        Assert.All(harness.Kinesis.Records.GroupBy(r => r.SequenceNumber), g => Assert.InRange(g.Sum(r => r.Data.Length), 1, 10 * 1_024));
    }

    private static PipelineHarness Ordered(OrderedMode mode, int shards, Action<KplOptions>? configure = null) => new(shards, o =>
    {
        o.Ordered = mode;
        configure?.Invoke(o);
    });

    private static async Task<Task<RecordResult>> PutAsync(PipelineHarness harness, int number, PutOptions? options = null, int keys = Keys, int size = 20) =>
        await harness.EnqueueAsync(InOrder.Record(number, keys, size), options);
}
