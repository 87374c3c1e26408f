using Orleans.Kpl.Pipeline.Sending;
using Orleans.Kpl.Pipeline.Tests.Simulation;

namespace Orleans.Kpl.Pipeline.Tests.Ordering;

/// <summary>One record in flight per shard, whatever becomes of it.</summary>
public sealed class OrderedStreamTests
{
    private const int Keys = 8;

    public static TheoryData<OrderedMode> Modes => [OrderedMode.PutRecord, OrderedMode.PutRecords];

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task Put_WhileOneIsInFlight_GrowsOneAggregateBehindIt(OrderedMode mode)
    {
        await using var bench = Ordered(mode, shards: 1);
        var inFlight = Hold(bench);
        var first = await PutAsync(bench, 0, PutOptions.WithoutLinger);
        await PipelineHarness.SettleAsync();
        var behind = new List<Task<RecordResult>>();
        for (var i = 1; i <= 2_000; i++)
        {
            behind.Add(await PutAsync(bench, i, PutOptions.WithoutLinger));
            if (i % 400 == 0)
                bench.Time.Advance(TimeSpan.FromMilliseconds(50));
        }

        await PipelineHarness.SettleAsync();
        Assert.Single(bench.Kinesis.Calls);
        inFlight.SetResult();
        await bench.DriveAsync(first);
        await bench.DriveAsync(Task.WhenAll(behind));
        Assert.Equal(2, bench.Kinesis.Calls.Count);
        Assert.Equal(Enumerable.Range(0, 2_001), InOrder.FirstSeen(bench).Select(r => r.Number));
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task Put_OfOneRecord_IsAnAggregateUnderTheSameKey(OrderedMode mode)
    {
        await using var bench = Ordered(mode, shards: 1);
        var keys = new List<(string Key, bool IsAggregate)>();
        bench.Kinesis.BeforePut = (entries, _) =>
        {
            keys.Add((System.Text.Encoding.UTF8.GetString(entries.Span[0].PartitionKey.Span), entries.Span[0].Data.Span.StartsWith(Pipeline.Aggregation.AggregateFormat.Magic)));
            return default;
        };
        for (var i = 0; i < 3; i++)
            Assert.True((await bench.DriveAsync(await PutAsync(bench, i))).IsSuccess);
        Assert.Equal([("a", true), ("a", true), ("a", true)], keys);
    }

    [Fact]
    public async Task PutRecord_NamesTheFormerSequenceNumberOfItsShard()
    {
        await using var bench = Ordered(OrderedMode.PutRecord, shards: 1);
        var numbers = new List<string?>();
        for (var i = 0; i < 4; i++)
            numbers.Add((await bench.DriveAsync(await PutAsync(bench, i))).SequenceNumber);
        Assert.Equal([null, .. numbers[..3]], bench.Kinesis.Orderings);
    }

    [Fact]
    public async Task PutRecord_WhenTheNumberIsNotTaken_GoesOnWithoutOne()
    {
        await using var bench = Ordered(OrderedMode.PutRecord, shards: 1);
        Assert.True((await bench.DriveAsync(await PutAsync(bench, 0))).IsSuccess);
        var refusals = 1;
        bench.Kinesis.BeforePut = (_, _) => refusals-- > 0
            ? throw new KinesisException(KinesisFailureKind.Refused, "InvalidArgumentException", "the number is of another stream", 400)
            : default;
        var result = await bench.DriveAsync(await PutAsync(bench, 1));
        Assert.True(result.IsSuccess);
        Assert.Single(result.Attempts);
        Assert.Null(bench.Kinesis.Orderings.Last());
    }

    [Fact]
    public async Task PutRecords_SendsOneRecordOfEachShardInACall()
    {
        await using var bench = Ordered(OrderedMode.PutRecords, shards: 4);
        var puts = new List<Task<RecordResult>>();
        for (var i = 0; i < 400; i++)
            puts.Add(await PutAsync(bench, i, keys: 400));
        await bench.DriveAsync(Task.WhenAll(puts));
        Assert.Equal([4], bench.Kinesis.Calls);
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task Put_WhenARecordFailsForAWhile_NothingOvertakesIt(OrderedMode mode)
    {
        await using var bench = Ordered(mode, shards: 2);
        var random = new Random(3);
        bench.Kinesis.Refuse = (_, _) => random.Next(3) > 0 ? new(null, null, random.Next(2) == 0 ? RecordErrorCodes.Throttled : "InternalFailure", "no") : null;
        await CheckInOrderAsync(bench, 300, pause: 5);
        Assert.Contains(bench.Events.Said, s => s.StartsWith("throttled", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task Put_WhenAnAttemptIsAppliedAfterItsRetryAndTwoSuccessors_FirstAppearancesAreInOrder(OrderedMode mode)
    {
        await using var bench = Ordered(mode, shards: 1);
        ReadOnlyMemory<PutRecordsEntry> late = default;
        bench.Kinesis.BeforePut = (entries, _) =>
        {
            bench.Kinesis.BeforePut = static (_, _) => default;
            var entry = entries.Span[0];
            late = new[] { entry with { Data = entry.Data.ToArray(), PartitionKey = entry.PartitionKey.ToArray() } };
            throw new KinesisException(KinesisFailureKind.Ambiguous, RecordErrorCodes.RequestTimeout, "no answer");
        };
        for (var i = 0; i < 3; i++)
        {
            var result = await bench.DriveAsync(await PutAsync(bench, i, keys: 1));
            Assert.Equal((true, i == 0 ? 2 : 1), (result.IsSuccess, result.Attempts.Count));
        }

        bench.Kinesis.ApplyLate(late);
        Assert.Equal([0, 1, 2, 0], bench.Kinesis.Records.Select(r => InOrder.NumberOf(r.Data)));
        InOrder.Check(bench, new HashSet<int> { 0, 1, 2 });
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task Put_WhenTheTimeToLiveEndsInTheLine_TheNextGoesOn(OrderedMode mode)
    {
        await using var bench = Ordered(mode, shards: 1);
        bench.Kinesis.Refuse = static (_, _) => new(null, null, "InternalFailure", "no");
        var soon = new PutOptions { TimeToLive = TimeSpan.FromSeconds(2) };
        var puts = new List<Task<RecordResult>>();
        for (var i = 0; i < 20; i++)
            puts.Add(await PutAsync(bench, i, i % 2 == 0 ? soon : null, keys: 2));
        await bench.DriveAsync(Task.WhenAll(puts.Where((_, i) => i % 2 == 0)));
        Assert.All(puts.Where((_, i) => i % 2 == 0), p => Assert.Equal(RecordErrorCodes.Expired, p.Result.ErrorCode));
        Assert.All(puts.Where((_, i) => i % 2 == 1), p => Assert.False(p.IsCompleted));
        bench.Kinesis.Refuse = static (_, _) => null;
        await bench.DriveAsync(Task.WhenAll(puts));
        Assert.Equal(Enumerable.Range(0, 10).Select(i => i * 2 + 1), InOrder.FirstSeen(bench).Select(r => r.Number));
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task Put_WhenSequenceNumbersFall_SaysSoAndDelivers(OrderedMode mode)
    {
        await using var bench = Ordered(mode, shards: 1);
        Assert.True((await bench.DriveAsync(await PutAsync(bench, 0))).IsSuccess);
        bench.Kinesis.Answer = static r => new([r.Entries[0] with { SequenceNumber = new string('0', 56) }]);
        Assert.True((await bench.DriveAsync(await PutAsync(bench, 1))).IsSuccess);
        bench.Kinesis.Answer = static r => r;
        Assert.True((await bench.DriveAsync(await PutAsync(bench, 2))).IsSuccess);
        Assert.Equal(["order violated shardId-000000000000"], bench.Events.Said.Where(s => s.StartsWith("order", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Put_WithoutTheRightToListShards_SendsOneByOneInOrder()
    {
        await using var bench = Ordered(OrderedMode.PutRecord, shards: 3);
        bench.Kinesis.BeforeList = static _ => throw new KinesisException(KinesisFailureKind.Refused, "AccessDeniedException", "no", 400);
        var most = 0;
        var now = 0;
        bench.Kinesis.BeforePut = async (_, token) =>
        {
            most = Math.Max(most, ++now);
            await Task.Delay(TimeSpan.FromMilliseconds(20), bench.Time, token);
            now--;
        };
        await CheckInOrderAsync(bench, 40);
        Assert.Equal((1, 40), (most, bench.Kinesis.Calls.Count));
    }

    [Fact]
    public async Task Put_WithAggregationOff_SendsPlainRecordsInOrder()
    {
        await using var bench = Ordered(OrderedMode.PutRecords, shards: 2, o => o.AggregationEnabled = false);
        var puts = new List<Task<RecordResult>>();
        for (var i = 0; i < 50; i++)
            puts.Add(await PutAsync(bench, i));
        await bench.DriveAsync(Task.WhenAll(puts));
        foreach (var shard in InOrder.FirstSeen(bench).GroupBy(r => r.Shard))
            Assert.Equal(shard.Select(r => r.Number).Order(), shard.Select(r => r.Number));
        Assert.Equal(50, bench.Kinesis.Records.Select(r => r.SequenceNumber).Distinct().Count());
    }

    [Fact]
    public async Task Dispose_WithRecordsInFlightAndBehind_EndsThemAll()
    {
        var bench = Ordered(OrderedMode.PutRecord, shards: 1, o => o.DrainTimeout = TimeSpan.FromMilliseconds(100));
        bench.Kinesis.BeforePut = static async (_, token) => await Task.Delay(Timeout.Infinite, token);
        var puts = new List<Task<RecordResult>>();
        for (var i = 0; i < 50; i++)
        {
            puts.Add(await PutAsync(bench, i, PutOptions.WithoutLinger));
            await PipelineHarness.SettleAsync();
        }

        await bench.DisposeAsync();
        Assert.All(puts, p => Assert.Equal(RecordErrorCodes.Shutdown, p.Result.ErrorCode));
        Assert.Equal((0, 0), (bench.Producer.OutstandingRecords, bench.Producer.OutstandingBytes));
    }

    [Fact]
    public async Task Put_WhenTheRecordLimitIsLowered_TakesLargeAggregatesApartInPlace()
    {
        await using var bench = Ordered(OrderedMode.PutRecords, shards: 1, o => o.RecordTtl = TimeSpan.FromMinutes(5));
        var inFlight = Hold(bench);
        var puts = new List<Task<RecordResult>> { await PutAsync(bench, 0, PutOptions.WithoutLinger, size: 2_000) };
        await PipelineHarness.SettleAsync();
        for (var i = 1; i < 100; i++)
            puts.Add(await PutAsync(bench, i, size: 2_000));
        bench.Kinesis.Summary = static () => new("arn", "ACTIVE", DateTimeOffset.UnixEpoch, 10, false);
        await bench.DriveAsync(Task.Delay(TimeSpan.FromSeconds(31), bench.Time), 500);
        inFlight.SetResult();
        await bench.DriveAsync(Task.WhenAll(puts));
        Assert.All(puts, p => Assert.True(p.Result.IsSuccess, p.Result.ToString()));
        Assert.Equal(Enumerable.Range(0, 100), InOrder.FirstSeen(bench).Select(r => r.Number));
        Assert.All(bench.Kinesis.Records.GroupBy(r => r.SequenceNumber), g => Assert.InRange(g.Sum(r => r.Data.Length), 1, 10 * 1_024));
    }

    private static PipelineHarness Ordered(OrderedMode mode, int shards, Action<KplOptions>? configure = null) => new(shards, o =>
    {
        o.Ordered = mode;
        configure?.Invoke(o);
    });

    /// <summary>The next call waits until it is let go.</summary>
    private static TaskCompletionSource Hold(PipelineHarness bench)
    {
        var hold = new TaskCompletionSource();
        bench.Kinesis.BeforePut = async (_, _) => await hold.Task;
        return hold;
    }

    private static async Task<Task<RecordResult>> PutAsync(PipelineHarness bench, int number, PutOptions? options = null, int keys = Keys, int size = 20) =>
        await bench.EnqueueAsync(InOrder.Record(number, keys, size), options);

    private static async Task CheckInOrderAsync(PipelineHarness bench, int records, int pause = 0)
    {
        var puts = new List<Task<RecordResult>>();
        for (var i = 0; i < records; i++)
        {
            puts.Add(await PutAsync(bench, i));
            if (pause > 0 && i % pause == 0)
            {
                await PipelineHarness.SettleAsync();
                bench.Time.Advance(TimeSpan.FromMilliseconds(30));
            }
        }

        await bench.DriveAsync(Task.WhenAll(puts), 20);
        Assert.All(puts, p => Assert.True(p.Result.IsSuccess, p.Result.ToString()));
        InOrder.Check(bench, Enumerable.Range(0, records).ToHashSet());
    }
}
