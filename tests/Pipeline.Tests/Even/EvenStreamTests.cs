using Orleans.Kpl.Pipeline.Tests.Backlog;

namespace Orleans.Kpl.Pipeline.Tests.Even;

/// <summary>A stream whose records go to the shard that has most tokens.</summary>
/// <remarks>Tests <see cref="Pipeline.Even.EvenRouter"/>, <see cref="Pipeline.Even.EvenTargets"/> and <see cref="Pipeline.Even.EvenMoves"/>.</remarks>
public sealed class EvenStreamTests(ITestOutputHelper output)
{
    private const int Size = 2_000;
    private const double Shard = 1 << 20;

    [Fact]
    public async Task AnotherWriterOnOneShard_CostsOnlyWhatItTakes()
    {
        await using var harness = Harness(4);
        var shards = new BusyShards(harness) { Others = { [FakeKinesis.FirstShard] = 0.9 } };
        var load = Load(harness);
        await harness.PassAsync(TimeSpan.FromSeconds(10), 5);
        shards.Reset();

        await harness.PassAsync(TimeSpan.FromSeconds(20), 5);

        var (used, throttled) = (shards.Taken.Values.Sum() / (20 * 3.1 * Shard), shards.Throttled / (double)shards.TakenRecords.Values.Sum());
        output.WriteLine($"used {used:F3}, throttled {throttled:F4}: {string.Join(" ", shards.Taken.OrderBy(s => s.Key).Select(s => $"{s.Value / (20 * Shard):F3}"))}");
        Assert.InRange(used, 0.95, 1.02);
        Assert.InRange(throttled, 0, 0.005);
        await load.EndAsync(20);
    }

    [Fact]
    public async Task RangesOfOneToSeven_TakeEquallyMuch()
    {
        await using var harness = Harness(1);
        var cut = UInt128.MaxValue / 8;
        harness.Kinesis.Reshard([new("shardId-000000000001", 0, cut), new("shardId-000000000002", cut + 1, UInt128.MaxValue)]);
        var shards = new BusyShards(harness);
        var load = Load(harness);
        await harness.PassAsync(TimeSpan.FromSeconds(3), 5);
        shards.Reset();

        await harness.PassAsync(TimeSpan.FromSeconds(10), 5);

        output.WriteLine(string.Join(" ", shards.Taken.OrderBy(s => s.Key).Select(s => $"{s.Value / (10 * Shard):F3}")));
        Assert.All(shards.Taken.Values, taken => Assert.InRange(taken / (10 * Shard), 0.95, 1.02));
        await load.EndAsync(20);
    }

    /// <summary>One hundredth of what the shards take: four aggregates would be open at once if each went by its key.</summary>
    [Fact]
    public async Task LittleLoad_FillsAggregatesAsOneShardDoes()
    {
        await using var even = Harness(4);
        await using var one = Harness(1, o => o.Routing = RoutingMode.ByKey);
        double[] members = [await MembersAsync(even), await MembersAsync(one)];

        output.WriteLine($"even {members[0]:F2}, one shard {members[1]:F2}");
        Assert.InRange(members[0], members[1], double.MaxValue);
        Assert.Equal(4, even.Kinesis.Records.Select(r => r.ShardId).Distinct().Count());

        static async Task<double> MembersAsync(PipelineHarness harness)
        {
            await PipelineHarness.SettleAsync();
            var puts = new List<Task<RecordResult>>();
            // 40 KB a second.
            for (var i = 0; i < 4_000; i++)
            {
                puts.Add(await harness.EnqueueAsync(PipelineHarness.Record(i, 100)));
                await harness.JumpAsync(TimeSpan.FromMicroseconds(2_500));
            }

            Visible.Check(harness, await harness.DriveAsync(Task.WhenAll(puts)));
            return 4_000.0 / harness.Kinesis.Records.Select(r => r.SequenceNumber).Distinct().Count();
        }
    }

    /// <summary>Shards are chosen for records in the middle of a large put too, and aggregates are full all the same.</summary>
    [Fact]
    public async Task OneLargePut_GoesToAllShardsInFullAggregates()
    {
        await using var harness = Harness(4);
        await PipelineHarness.SettleAsync();

        var results = await harness.DriveAsync(harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(8_000, 100)).AsTask());

        Visible.Check(harness, results);
        var byShard = harness.Kinesis.Records.CountBy(r => r.ShardId).ToDictionary();
        Assert.Equal(4, byShard.Count);
        Assert.All(byShard.Values, count => Assert.InRange(count, 1_500, 2_500));
        Assert.InRange(harness.Kinesis.Records.Select(r => r.SequenceNumber).Distinct().Count(), 16, 22);
    }

    [Fact]
    public async Task OwnExplicitHashKey_Wins()
    {
        await using var harness = Harness(4);
        var hashKey = UInt128.MaxValue - 5;
        var records = Enumerable.Range(0, 400).Select(i => new UserRecord($"key-{i}", new byte[2_000], i % 2 == 0 ? hashKey : null)).ToArray();
        harness.Kinesis.Refuse = Once(e => e.ExplicitHashKey == hashKey);

        Visible.Check(harness, await harness.DriveAsync(harness.Producer.PutAsync(PipelineHarness.Stream, records).AsTask()));
        Visible.Check(harness, [await harness.DriveAsync(await harness.EnqueueAsync(records[0]))]);

        var last = harness.Kinesis.Shards[^1].ShardId;
        var shardsOf = harness.Kinesis.Records.ToLookup(r => int.Parse(r.Key.AsSpan("key-".Length)) % 2 == 0, r => r.ShardId);
        Assert.All(shardsOf[true], shard => Assert.Equal(last, shard));
        // They avoid the shard that has the others.
        Assert.InRange(shardsOf[false].Distinct().Count(), 3, 4);
    }

    /// <summary>A shard that takes nothing any more has records in flight, in its line and for a retry. All leave it, and the other shards are used.</summary>
    [Fact]
    public async Task ShardThatTakesNothing_LosesItsRecordsToTheOthers()
    {
        await using var harness = Harness(4, o => o.MaxOutstandingBytes = 64 << 20);
        var shards = new BusyShards(harness);
        var load = Load(harness);
        await harness.PassAsync(TimeSpan.FromSeconds(8), 5);
        shards.Others[FakeKinesis.FirstShard] = 1;
        await harness.PassAsync(TimeSpan.FromSeconds(10), 5);
        shards.Reset();
        await harness.PassAsync(TimeSpan.FromSeconds(20), 5);
        await load.EndAsync(20);

        output.WriteLine($"throttled {shards.Throttled} of {shards.TakenRecords.Values.Sum()}");
        Assert.Equal(0, shards.Taken.GetValueOrDefault(FakeKinesis.FirstShard));
    }

    /// <summary>Under little load a record that its shard throttles is there sooner by another one, and once.</summary>
    [Fact]
    public async Task ThrottledRecord_GoesToAnotherShardAtOnce()
    {
        await using var harness = Harness(2);
        string? throttling = null;
        harness.Kinesis.Refuse = (_, shard) => (throttling ??= shard.ShardId) == shard.ShardId ? Throttle(shard) : null;

        var results = await harness.DriveAsync(harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(20)).AsTask(), 1);

        Visible.Check(harness, results);
        Assert.Equal(20, harness.Kinesis.Records.Count);
        Assert.All(results, r => Assert.Equal([RecordErrorCodes.Throttled, null], r.Attempts.Select(a => a.ErrorCode)));
        Assert.All(results, r => Assert.NotEqual(throttling, r.ShardId));
    }

    /// <summary>It arrived as an aggregate of one, without a number, though its caller wanted it as it is.</summary>
    [Fact]
    public async Task ThrottledRecordAlone_GoesToAnotherShardAsItIs()
    {
        await using var harness = Harness(2, static o => o.ProducerNumbers = true);
        string? throttling = null;
        List<(string Key, string Data)> taken = [];
        harness.Kinesis.Refuse = (entry, shard) =>
        {
            if ((throttling ??= shard.ShardId) == shard.ShardId)
                return Throttle(shard);
            taken.Add((Encoding.UTF8.GetString(entry.PartitionKey.Span), Encoding.UTF8.GetString(entry.Data.Span)));
            return null;
        };
        var record = PipelineHarness.Record(7);

        var result = await harness.DriveAsync(await harness.EnqueueAsync(record, new PutOptions { Alone = true }), 1);

        Visible.Check(harness, [result]);
        Assert.Equal([RecordErrorCodes.Throttled, null], result.Attempts.Select(a => a.ErrorCode));
        Assert.Equal([(record.PartitionKey, Encoding.UTF8.GetString(record.Data.Span))], taken);
    }

    /// <summary>Where every shard throttles, a record is not sent from one to the other without a pause.</summary>
    [Fact]
    public async Task AllShardsThrottle_AttemptsGrowFurtherApart()
    {
        await using var harness = Harness(2, o => (o.RecordTtl, o.AdaptiveRate) = (TimeSpan.FromSeconds(20), false));
        harness.Kinesis.Refuse = static (_, shard) => Throttle(shard);

        var result = await harness.DriveAsync(await harness.EnqueueAsync(PipelineHarness.Record(0)), 10);

        Assert.Equal(RecordErrorCodes.Expired, result.ErrorCode);
        Assert.InRange(result.Attempts.Count, 5, 20);
    }

    /// <summary>The answer is lost, so Kinesis may have the record: it is tried again where it is, and so at most twice there.</summary>
    [Fact]
    public async Task AmbiguousCall_IsTriedAgainAtItsShard()
    {
        await using var harness = Harness(4);
        var calls = 0;
        harness.Kinesis.AfterPut = () => calls++ == 0 ? throw new KinesisException(KinesisFailureKind.Ambiguous, "Timeout", "no answer") : default;

        var result = await harness.DriveAsync(await harness.EnqueueAsync(PipelineHarness.Record(0)));

        Visible.Check(harness, [result]);
        Assert.Equal(2, harness.Kinesis.Records.Count);
        Assert.Single(harness.Kinesis.Records.Select(r => r.ShardId).Distinct());
    }

    /// <summary>An aggregate has one hash key, so whichever shard it belongs to after a split or a merge takes it whole: nothing is sent twice.</summary>
    [Theory]
    [InlineData(ShardChange.BySomebodyElse)]
    [InlineData(ShardChange.ListedLate)]
    [InlineData(ShardChange.Announced)]
    public async Task ReshardUnderLoad_SendsNothingTwice(object change)
    {
        await using var harness = Harness(2);
        var random = new Random(1);
        var puts = new List<Task<RecordResult[]>>();
        for (var i = 0; i < 120; i++)
        {
            puts.Add(harness.Producer.PutAsync(PipelineHarness.Stream, [.. Enumerable.Range(i * 50, 50).Select(n => PipelineHarness.Record(n, 200))]).AsTask());
            await harness.PassAsync(TimeSpan.FromMilliseconds(50), 10);
            if (i is 10 or 30 or 50)
                await Resharding.ApplyAsync(harness, (ShardChange)change, random, FakeKinesis.Even(i == 30 ? 3 : 5, firstId: i));
        }

        Visible.Check(harness, (await harness.DriveAsync(Task.WhenAll(puts))).SelectMany(r => r));
        Assert.Equal(0, Visible.Duplicates(harness));
        Assert.Equal(5, harness.Kinesis.Records.TakeLast(2_000).Select(r => r.ShardId).Distinct().Count());
    }

    /// <summary>Records that were accepted before there was a map wait for it, and then go to all shards.</summary>
    [Fact]
    public async Task MapThatComesLate_HasNoRecordOnAWrongShard()
    {
        await using var harness = Harness(4);
        var mayList = false;
        harness.Kinesis.BeforeList = _ => mayList ? default : throw new KinesisException(KinesisFailureKind.Ambiguous, "ServiceUnavailable", "no", 503);
        var putting = harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(2_000, 200)).AsTask();
        await harness.PassAsync(TimeSpan.FromSeconds(2));
        mayList = true;

        Visible.Check(harness, await harness.DriveAsync(putting));

        Assert.Equal(2_000, harness.Kinesis.Records.Count);
        Assert.Equal(4, harness.Kinesis.Records.Select(r => r.ShardId).Distinct().Count());
    }

    /// <summary>What all shards take in half of a time-to-live is accepted, and no more: nothing expires, also where one shard is another writer's.</summary>
    [Fact]
    public async Task MoreThanAllShardsTake_WaitsAtTheDoor()
    {
        await using var harness = Harness(4, o => (o.MaxOutstandingBytes, o.RecordTtl) = (1L << 30, TimeSpan.FromSeconds(6)));
        _ = new BusyShards(harness) { Others = { [FakeKinesis.FirstShard] = 0.9 } };
        var load = Load(harness);

        await harness.PassAsync(TimeSpan.FromSeconds(30), 5);

        Assert.InRange(harness.Producer.Find(PipelineHarness.Stream)!.OutstandingBytes, 3 * Shard, 3.3 * 4 * Shard);
        await load.EndAsync(20);
    }

    /// <summary>Front and stream may differ: a put whose keys were made up goes evenly where others go by their keys.</summary>
    [Theory]
    [InlineData(OrderedMode.Off, 4)]
    [InlineData(OrderedMode.PutRecords, 1)]
    public async Task PutThatAsksForIt_GoesEvenlyUnlessTheStreamIsOrdered(OrderedMode ordered, int shards)
    {
        await using var harness = Harness(4, o => (o.Routing, o.Ordered) = (RoutingMode.ByKey, ordered));
        await PipelineHarness.SettleAsync();
        await harness.DriveAsync(await harness.EnqueueAsync(PipelineHarness.Record(0)));
        var records = Enumerable.Range(0, 1_500).Select(_ => new UserRecord("one key", new byte[200])).ToArray();

        Visible.Check(harness, await harness.DriveAsync(
            harness.Producer.PutAsync(PipelineHarness.Stream, records, new PutOptions { Routing = RoutingMode.Even }).AsTask()));
        Assert.Equal(shards, harness.Kinesis.Records.Skip(1).Select(r => r.ShardId).Distinct().Count());
        Visible.Check(harness, await harness.DriveAsync(harness.Producer.PutAsync(PipelineHarness.Stream, records).AsTask()));

        Assert.Single(harness.Kinesis.Records.Skip(1_501).Select(r => r.ShardId).Distinct());
        Assert.Equal(0, harness.Producer.Find(PipelineHarness.Stream)!.OutstandingBytes);
    }

    /// <summary>A stream that may spill took the route of its records from the backlog, which knew the keys alone.</summary>
    [Fact]
    public async Task PutThatAsksForIt_WhereTheStreamMaySpill_GoesEvenlyToo()
    {
        await using var harness = new BacklogHarness(configure: static o => o.HighWaterMode = HighWaterMode.Spill);
        await harness.OpenAsync();
        var records = Enumerable.Range(0, 1_500).Select(i => new UserRecord("one key", Encoding.UTF8.GetBytes($"{i}".PadLeft(200)))).ToArray();

        var even = await harness.DriveAsync(await harness.PutAsync(records, new PutOptions { Routing = RoutingMode.Even }));
        var shards = harness.Kinesis.Records.Select(r => r.ShardId).Distinct().Count();
        var byKey = await harness.DriveAsync(await harness.PutAsync(records));

        Assert.All(even.Concat(byKey), static r => Assert.Equal(RecordStatus.Delivered, r.Status));
        Assert.Equal((4, 1), (shards, harness.Kinesis.Records.Skip(1_500).Select(r => r.ShardId).Distinct().Count()));
        Assert.All(harness.Seen.Values, static times => Assert.Equal(2, times));
    }

    /// <summary>It waited at the door of the shard of its key, which somebody had made up, though it goes to another one.</summary>
    [Theory]
    [InlineData(HighWaterMode.Block)]
    [InlineData(HighWaterMode.Drop)]
    public async Task PutThatAsksForIt_WhereTheShardOfItsKeyIsFull_DoesNotWait(HighWaterMode mode)
    {
        await using var harness = Harness(2, FullShard.TenthAnd(o => (o.Routing, o.HighWaterMode) = (RoutingMode.ByKey, mode)));
        await FullShard.FillAsync(harness);
        var keys = new Random(1);
        UserRecord[] records = [.. Enumerable.Range(0, 100).Select(_ => new UserRecord($"{keys.NextInt64()}", new byte[100]))];
        var even = new PutOptions { Routing = RoutingMode.Even };
        var whole = even with { AcceptTimeout = TimeSpan.FromSeconds(1) };

        var single = records.Select(r => harness.Producer.EnqueueAsync(PipelineHarness.Stream, r, even).AsTask()).ToArray();
        var batches = new[] { even, whole }.Select(o => harness.Producer.EnqueueAsync(PipelineHarness.Stream, records, o).AsTask()).ToArray();
        var longer = harness.Producer.EnqueueAsync(PipelineHarness.Stream, Enumerable.Repeat(records, 11).SelectMany(r => r).ToArray(), whole).AsTask();
        var own = harness.Producer.EnqueueAsync(PipelineHarness.Stream, FullShard.Of(FullShard.Lower), even).AsTask();
        await PipelineHarness.SettleAsync();

        Assert.All(single, static put => Assert.True(put.IsCompleted));
        Assert.All([.. batches, longer], static put => Assert.True(put.IsCompleted));
        // One with a hash key of its own goes there, whatever its put asks for.
        Assert.Equal(mode == HighWaterMode.Drop, own.IsCompleted);
        Visible.Check(harness, await harness.DriveAsync(Task.WhenAll(single.Select(static put => put.Result.Delivery)), 20));
        foreach (var batch in (Task<EnqueuedBatch>[])[.. batches, longer])
            Visible.Check(harness, await harness.DriveAsync((await batch).Delivery, 20));
        Assert.Equal(mode != HighWaterMode.Drop, (await harness.DriveAsync((await harness.DriveAsync(own, 20)).Delivery, 20)).IsSuccess);
    }

    private static Func<PutRecordsEntry, ShardRange, PutRecordsReplyEntry?> Once(Predicate<PutRecordsEntry> isMeant)
    {
        var isOver = false;
        return (entry, shard) =>
        {
            if (isOver || !isMeant(entry))
                return null;
            isOver = true;
            return Throttle(shard);
        };
    }

    private static PutRecordsReplyEntry Throttle(ShardRange shard) =>
        new(null, null, RecordErrorCodes.Throttled, $"Rate exceeded for shard {shard.ShardId} in stream events under account 000000000000.");

    private static PipelineHarness Harness(int shards, Action<KplOptions>? configure = null) => new(shards, o =>
    {
        (o.Routing, o.MaxOutstandingBytes) = (RoutingMode.Even, 16 << 20);
        configure?.Invoke(o);
    });

    private static BusyCallers Load(PipelineHarness harness) => new(
        harness, callers: 16, static (caller, put) => [.. Enumerable.Range(0, 50).Select(n => new UserRecord($"{caller}-{put}-{n}", new byte[Size]))]);
}
