using Orleans.Kpl.Pipeline.Tests.Backlog;

namespace Orleans.Kpl.Pipeline.Tests.Whole;

/// <summary>Records that must not share a Kinesis record: <see cref="PutOptions.Alone"/>.</summary>
public sealed class AloneTests
{
    private static readonly PutOptions Alone = new() { Alone = true };

    public static TheoryData<OrderedMode> Modes => [OrderedMode.PutRecord, OrderedMode.PutRecords];

    [Fact]
    public async Task Put_Alone_GivesEachRecordItsOwnSequenceNumber()
    {
        await using var harness = new PipelineHarness();

        var results = await harness.DriveAsync(harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(600), Alone).AsTask());

        Assert.All(results, r => Assert.True(r.IsSuccess, r.ToString()));
        Assert.Equal(600, results.Select(r => r.SequenceNumber).Distinct().Count());
        Assert.All(results, r => Assert.Equal(0, r.SubSequenceNumber));
        // They still share calls.
        Assert.InRange(harness.Kinesis.Calls.Count, 2, 20);
    }

    [Fact]
    public async Task Put_AloneBesideOthers_LeavesTheirAggregateWhole()
    {
        await using var harness = new PipelineHarness(shards: 1);

        var packed = await harness.Producer.EnqueueAsync(PipelineHarness.Stream, PipelineHarness.Records(10));
        var alone = await harness.EnqueueAsync(PipelineHarness.Record(50), Alone);
        var more = await harness.Producer.EnqueueAsync(PipelineHarness.Stream, PipelineHarness.Records(10));
        await harness.DriveAsync(Task.WhenAll(packed.Delivery, more.Delivery, alone));

        var number = Assert.Single(packed.Results.ToArray().Concat(more.Results.ToArray()).Select(r => r.SequenceNumber).Distinct());
        Assert.NotEqual(number, (await alone).SequenceNumber);
    }

    [Fact]
    public async Task Put_AloneWhileTheShardsAreUnknown_IsStillAlone()
    {
        await using var harness = new PipelineHarness();
        var listed = new TaskCompletionSource();
        harness.Kinesis.BeforeList = async _ => await listed.Task;
        var enqueued = await harness.Producer.EnqueueAsync(PipelineHarness.Stream, PipelineHarness.Records(20), Alone);
        await PipelineHarness.SettleAsync();
        listed.SetResult();

        await harness.DriveAsync(enqueued.Delivery);

        Assert.Equal(20, enqueued.Results.ToArray().Select(r => r.SequenceNumber).Distinct().Count());
    }

    [Fact]
    public async Task Put_AloneThroughAReshard_IsStillAlone()
    {
        await using var harness = new PipelineHarness(shards: 1);
        await harness.DriveAsync(await harness.EnqueueAsync(PipelineHarness.Record(0)));
        harness.Kinesis.GoAway();
        var enqueued = await harness.Producer.EnqueueAsync(PipelineHarness.Stream, PipelineHarness.Records(40), Alone);
        await harness.DriveAsync(Task.Delay(TimeSpan.FromMilliseconds(300), harness.Time));
        harness.Kinesis.Reshard(FakeKinesis.Even(4, 1));
        harness.Kinesis.ComeBack();

        await harness.DriveAsync(enqueued.Delivery);

        Assert.All(enqueued.Results.ToArray(), r => Assert.True(r.IsSuccess, r.ToString()));
        Assert.Equal(40, enqueued.Results.ToArray().Select(r => r.SequenceNumber).Distinct().Count());
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task Put_AloneOnAnOrderedStream_KeepsItsPlaceAndHasNoWrapper(OrderedMode mode)
    {
        await using var harness = new PipelineHarness(shards: 2, configure: o => o.Ordered = mode);
        var puts = new List<Task<RecordResult>>();
        for (var i = 0; i < 120; i++)
            puts.Add(await harness.EnqueueAsync(InOrder.Record(i, 8), i % 3 == 0 ? Alone : null));

        await harness.DriveAsync(Task.WhenAll(puts), 20);

        CheckOrder(harness, 120);
        var alone = puts.Where((_, i) => i % 3 == 0).Select(p => p.Result.SequenceNumber).ToHashSet();
        Assert.Equal(40, alone.Count);
        // Members of an aggregate on an ordered stream have a producer number, and a plain record has none.
        Assert.All(harness.Kinesis.Records, r => Assert.Equal(alone.Contains(r.SequenceNumber), r.Number is null));
    }

    [Fact]
    public async Task Put_AloneOnAnOrderedStream_IsRetriedInItsPlace()
    {
        await using var harness = new PipelineHarness(shards: 1, configure: o => o.Ordered = OrderedMode.PutRecords);
        var failures = 5;
        harness.Kinesis.Refuse = (_, shard) => --failures >= 0 ? new(null, null, RecordErrorCodes.Throttled, $"slow {shard.ShardId}") : null;
        var puts = new List<Task<RecordResult>>();
        for (var i = 0; i < 30; i++)
            puts.Add(await harness.EnqueueAsync(InOrder.Record(i, 8), i % 2 == 0 ? Alone : null));

        await harness.DriveAsync(Task.WhenAll(puts), 20);

        CheckOrder(harness, 30);
    }

    [Fact]
    public async Task Put_AloneAndPersisted_IsAloneInTheNextProcessToo()
    {
        await using var harness = new BacklogHarness(shards: 1);
        harness.Kinesis.GoAway();
        var persisted = new PutOptions { Alone = true, AckLevel = AckLevel.Persisted };
        var alone = await harness.DriveAsync(await harness.PutAsync(Named("alone", 10), persisted));
        var packed = await harness.DriveAsync(await harness.PutAsync(Named("packed", 10), BacklogHarness.Persisted));
        Assert.All(alone.Concat(packed), r => Assert.Equal(RecordStatus.Persisted, r.Status));
        harness.Crash();
        harness.Kinesis.ComeBack();

        await harness.DriveAsync(harness.Producer.PutAsync(BacklogHarness.Stream, PipelineHarness.Record(99)).AsTask());
        await harness.DriveUntilAsync(() => harness.Seen.Count == 21);

        var numbers = harness.Kinesis.Records.ToLookup(r => r.Data.Split('-')[0], r => r.SequenceNumber);
        Assert.Equal(10, numbers["alone"].Distinct().Count());
        Assert.Single(numbers["packed"].Distinct());
        Assert.DoesNotContain(numbers["packed"].First(), numbers["alone"]);
    }

    /// <summary>The letter did not know: put again, the record went into an aggregate, which not every consumer of such records can read.</summary>
    [Fact]
    public async Task Put_AloneAndSetAside_IsAloneWhenItIsPutAgain()
    {
        await using var harness = new BacklogHarness(shards: 1, configure: static o => o.ProducerNumbers = true);
        harness.Kinesis.Refuse = static (_, _) => new PutRecordsReplyEntry(null, null, "ValidationException", "poison");
        var records = Named("alone", 10);
        await harness.DriveAsync(await harness.PutAsync(records, new PutOptions { Alone = true, AckLevel = AckLevel.Persisted }));
        await harness.DriveAsync(await harness.PutAsync(Named("packed", 10), BacklogHarness.Persisted));
        await harness.DriveUntilAsync(() => harness.Ledger.DeadLettered == 20);
        await harness.PassAsync(TimeSpan.FromMilliseconds(500));
        harness.Crash();
        var sent = new List<(string Key, string Data)>();
        harness.Kinesis.Refuse = (entry, _) =>
        {
            sent.Add((Encoding.UTF8.GetString(entry.PartitionKey.Span), Encoding.UTF8.GetString(entry.Data.Span)));
            return null;
        };
        await harness.DriveAsync(harness.Producer.PutAsync(BacklogHarness.Stream, PipelineHarness.Record(99)).AsTask());

        Assert.Equal(20, await harness.DriveAsync(harness.Backlog.RequeueDeadLettersAsync(null, default)));
        await harness.DriveUntilAsync(() => harness.Seen.Count == 21);

        var alone = records.Select(r => (r.PartitionKey, Encoding.UTF8.GetString(r.Data.Span)));
        Assert.Equal(alone.Order(), sent.Where(s => s.Data.StartsWith("alone", StringComparison.Ordinal)).Order());
        var numbers = harness.Kinesis.Records.ToLookup(r => r.Data.Split('-')[0], r => r.SequenceNumber);
        Assert.Single(numbers["packed"].Distinct());
        Assert.Empty(numbers["packed"].Intersect(numbers["alone"]));
    }

    /// <summary>A caller that waits for the sequence number must not be told that the record will be delivered some day.</summary>
    [Fact]
    public async Task Put_ThatNeverSpills_WaitsInMemoryOrExpires()
    {
        await using var harness = new BacklogHarness(configure: o =>
        {
            o.HighWaterMode = HighWaterMode.Spill;
            o.MaxOutstandingBytes = 100 * 1024 * 1024;
            o.RecordTtl = TimeSpan.FromSeconds(5);
        });
        harness.Kinesis.GoAway();
        var spills = await harness.PutAsync(PipelineHarness.Record(1));
        var never = await harness.PutAsync(PipelineHarness.Record(2), new PutOptions { NeverSpills = true, Alone = true });

        Assert.Equal(RecordStatus.Persisted, (await harness.DriveAsync(spills)).Status);
        Assert.Equal(RecordErrorCodes.Expired, (await harness.DriveAsync(never)).ErrorCode);
        harness.Kinesis.ComeBack();
        await harness.DriveUntilAsync(() => harness.Ledger.Delivered == 1);
        Assert.DoesNotContain(harness.Kinesis.Records, r => r.Key == "key-2");
    }

    private static void CheckOrder(PipelineHarness harness, int count)
    {
        var seen = InOrder.FirstSeen(harness);
        Assert.Equal(Enumerable.Range(0, count), seen.Select(r => r.Number).Order());
        Assert.All(seen.GroupBy(r => r.Key), key => Assert.Equal(key.Select(r => r.Number).Order(), key.Select(r => r.Number)));
    }

    private static UserRecord[] Named(string name, int count) =>
        [.. Enumerable.Range(0, count).Select(i => new UserRecord($"key-{i}", Encoding.UTF8.GetBytes($"{name}-{i}")))];
}
