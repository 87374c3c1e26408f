using Orleans.Kpl.Pipeline.Horizons;
using Orleans.Kpl.Pipeline.Settings;
using Orleans.Kpl.Pipeline.Tests.Backlog;
using static Orleans.Kpl.Pipeline.Tests.Simulation.FullShard;

namespace Orleans.Kpl.Pipeline.Tests.Whole;

/// <summary>No more is accepted for a shard than it can take in half of the time-to-live. Its rate is a tenth here, and so is the memory.</summary>
/// <remarks>Tests <see cref="StreamHorizon"/> and <see cref="ShardHorizon"/>.</remarks>
public sealed class HorizonTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);

    /// <summary>The memory holds more than two minutes of what two shards take, and records live for half a minute.</summary>
    [Theory]
    [InlineData(OrderedMode.Off, 1, ContainerKey.A)]
    [InlineData(OrderedMode.Off, 200, ContainerKey.A)]
    [InlineData(OrderedMode.Off, 1_000, ContainerKey.A)] // A part of 4 MiB is more than a slow shard takes before it expires.
    [InlineData(OrderedMode.PutRecords, 200, ContainerKey.A)]
    [InlineData(OrderedMode.Off, 200, ContainerKey.SameKeyOnly)]
    public async Task Block_UnderMoreThanTheShardsTake_NothingThatWasAcceptedExpires(OrderedMode mode, int batch, ContainerKey containerKey)
    {
        await using var harness = new PipelineHarness(shards: 2, TenthAnd(o => (o.Ordered, o.ContainerKey) = (mode, containerKey)));
        // So few keys that their aggregates grow.
        var load = new BusyCallers(harness, callers: 20, (caller, put) =>
            [.. Enumerable.Range(0, batch).Select(n => new UserRecord(containerKey == ContainerKey.A ? $"{caller}-{put}-{n}" : $"{n % 100}", new byte[Size]))]);

        await harness.PassAsync(TimeSpan.FromSeconds(75));

        // Both shards were busy all the time.
        Assert.InRange((await load.EndAsync()).Count * (double)Size, 0.9 * 75 * 2 * 104_857, double.MaxValue);
    }

    /// <summary>A part of no record would be asked for again and again.</summary>
    [Fact]
    public void MostAtOnce_OfTheSlowestShard_IsARecordAtLeast() =>
        Assert.Equal(
            (1, 1),
            PipelineSettings.Of(new StreamOptions
            {
                AggregationEnabled = false, ShardRecordsPerSecond = 1, ShardBytesPerSecond = 1, RecordTtl = TimeSpan.FromSeconds(1),
            }).MostAtOnce);

    [Fact]
    public async Task Block_ForAFullShardOfAnUnorderedStream_HoldsUpNoOther()
    {
        await using var harness = new PipelineHarness(shards: 2, Tenth);
        await FillAsync(harness);

        var full = harness.Producer.EnqueueAsync(PipelineHarness.Stream, Of(Lower)).AsTask();
        var both = harness.Producer.EnqueueAsync(PipelineHarness.Stream, new[] { Of(Lower), Of(Upper), Of(Lower) }).AsTask();
        var free = harness.Producer.EnqueueAsync(PipelineHarness.Stream, Of(Upper)).AsTask();
        await PipelineHarness.SettleAsync();

        Assert.Equal((false, false, true), (full.IsCompleted, both.IsCompleted, free.IsCompleted));
        Assert.True((await harness.DriveAsync((await free).Delivery)).IsSuccess);
        Assert.Equal(3, harness.Kinesis.Records.Count(r => r.ShardId == "shardId-000000000001"));
        Assert.True((await harness.DriveAsync((await harness.DriveAsync(full)).Delivery)).IsSuccess);
        Assert.All(await harness.DriveAsync((await harness.DriveAsync(both)).Delivery), r => Assert.True(r.IsSuccess));
    }

    /// <summary>Puts keep their order by waiting for each other, whatever their shards are.</summary>
    [Fact]
    public async Task Block_ForAFullShardOfAnOrderedStream_HoldsUpLaterPuts()
    {
        await using var harness = new PipelineHarness(shards: 2, TenthAnd(o => o.Ordered = OrderedMode.PutRecords));
        await FillAsync(harness);

        var free = harness.Producer.EnqueueAsync(PipelineHarness.Stream, Of(Upper)).AsTask();
        await PipelineHarness.SettleAsync();

        Assert.False(free.IsCompleted);
        Assert.True((await harness.DriveAsync((await harness.DriveAsync(free)).Delivery)).IsSuccess);
    }

    [Fact]
    public async Task Drop_ForAFullShard_DropsItsRecordsOnly()
    {
        await using var harness = new PipelineHarness(shards: 2, TenthAnd(o => o.HighWaterMode = HighWaterMode.Drop));
        await FillAsync(harness);

        var one = await harness.Producer.PutAsync(PipelineHarness.Stream, Of(Lower));
        var many = await harness.DriveAsync(harness.Producer.PutAsync(PipelineHarness.Stream, new[] { Of(Upper), Of(Lower), Of(Upper) }).AsTask());

        Assert.Equal((RecordErrorCodes.Dropped, "hot"), (one.ErrorCode, one.Record?.PartitionKey));
        Assert.Equal([null, RecordErrorCodes.Dropped, null], many.Select(r => r.ErrorCode));
    }

    [Fact]
    public async Task Spill_ForAFullShard_SpillsItsRecordsOnly()
    {
        await using var harness = new BacklogHarness(shards: 2, configure: TenthAnd(o => o.HighWaterMode = HighWaterMode.Spill));
        await harness.DriveAsync(await harness.PutAsync(Of(Upper)));
        var filling = new List<Task>();
        for (var i = 0; i < 400; i++)
            filling.Add(await harness.PutAsync(Of(Lower)));

        var free = await harness.DriveAsync(await harness.PutAsync(Of(Upper)));

        Assert.Equal(RecordStatus.Delivered, free.Status);
        Assert.InRange(harness.Ledger.InBacklog, 1, 390);
        await harness.DriveAsync(Task.WhenAll(filling), 50);
        await harness.DriveUntilAsync(() => harness.Ledger.InBacklog == 0, 50);
        Assert.Equal((402, 402), (harness.Ledger.Accepted, harness.Ledger.Delivered));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(20)]
    public async Task Spill_WhileTheStoreTakesNothing_WaitsAsBlockDoes(int batch)
    {
        await using var harness = new BacklogHarness(shards: 2, configure: TenthAnd(o => o.HighWaterMode = HighWaterMode.Spill));
        await harness.DriveAsync(await harness.PutAsync(Of(Upper), BacklogHarness.Persisted));
        harness.Store.IsFull = true;
        await harness.DriveAsync(await harness.PutAsync(Of(Upper), BacklogHarness.Persisted));

        await AllWaitAndAreDeliveredAsync(harness, batch);
    }

    /// <summary>They are sent without the backlog then, and most of them expired: they passed the door as if no time-to-live ended them.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Persisted_WhileTheStoreTakesNothing_WaitsAsOthersDo(bool isFull)
    {
        await using var harness = new BacklogHarness(shards: 2, configure: Tenth);
        await harness.DriveAsync(await harness.PutAsync(Of(Upper), BacklogHarness.Persisted));
        (harness.Store.IsFull, harness.Store.IsDown) = (isFull, !isFull);
        await harness.DriveAsync(await harness.PutAsync(Of(Upper), BacklogHarness.Persisted));

        await AllWaitAndAreDeliveredAsync(harness, batch: 20, BacklogHarness.Persisted);
    }

    /// <summary>Puts more than the shard takes in its records' time-to-live.</summary>
    private static async Task AllWaitAndAreDeliveredAsync(BacklogHarness harness, int batch, PutOptions? options = null)
    {
        var results = new List<Task<IReadOnlyList<RecordResult>>>();
        var (accepted, waits) = (0, false);
        for (; accepted < 1_500; accepted += batch)
        {
            var enqueuing = BusyCallers.EnqueueAsync(harness.Producer, BacklogHarness.Stream, [.. Enumerable.Repeat(Of(Lower), batch)], options);
            await PipelineHarness.SettleAsync();
            waits |= !enqueuing.IsCompleted;
            results.Add(await harness.DriveAsync(enqueuing, 50));
        }

        Assert.True(waits);
        foreach (var ended in results)
            Assert.All(await harness.DriveAsync(ended, 50), r => Assert.Equal((RecordStatus.Delivered, null), (r.Status, r.ErrorCode)));
    }

    /// <summary>The shard holds five seconds of work: too much for a put that lives for a second, and little for others.</summary>
    [Fact]
    public async Task TimeToLiveOfAPut_DecidesForItsRecords()
    {
        await using var harness = new PipelineHarness(shards: 2, TenthAnd(o => o.HighWaterMode = HighWaterMode.Drop));
        await FillAsync(harness, records: 100);

        var brief = await harness.Producer.PutAsync(PipelineHarness.Stream, Of(Lower), new PutOptions { TimeToLive = TimeSpan.FromSeconds(1) });
        var patient = await harness.EnqueueAsync(Of(Lower));

        Assert.Equal(RecordErrorCodes.Dropped, brief.ErrorCode);
        Assert.True((await harness.DriveAsync(patient)).IsSuccess);
    }

    /// <summary>
    /// The shard owes ten seconds of work for a record that it has, and nothing waits for it: records that live for five were accepted, and expired.
    /// </summary>
    [Theory]
    [InlineData(OrderedMode.Off)]
    [InlineData(OrderedMode.PutRecords)]
    public async Task Block_BehindTheDebtOfALargeRecord_NothingThatWasAcceptedExpires(OrderedMode mode)
    {
        await using var harness = new PipelineHarness(shards: 2, TenthAnd(o => (o.Ordered, o.RecordTtl) = (mode, TimeSpan.FromSeconds(5))));
        await harness.PassAsync(TimeSpan.FromSeconds(1));
        Assert.True((await harness.DriveAsync(await harness.EnqueueAsync(new UserRecord("large", new byte[1_000_000], Lower)))).IsSuccess);

        var behind = harness.Producer.PutAsync(PipelineHarness.Stream, Of(Lower)).AsTask();
        await PipelineHarness.SettleAsync();
        var isAccepted = harness.Producer.OutstandingRecords > 0;

        Assert.True((await harness.DriveAsync(behind)).IsSuccess);
        Assert.False(isAccepted);
    }

    /// <summary>Kinesis refused the large record, so the shard owes nothing for it: others waited ten seconds at the door, or for their turn.</summary>
    [Theory]
    [InlineData(OrderedMode.Off)]
    [InlineData(OrderedMode.PutRecords)]
    public async Task LargeRecord_ThatKinesisRefuses_HoldsUpNoOther(OrderedMode mode)
    {
        await using var harness = new PipelineHarness(shards: 2, TenthAnd(o => (o.Ordered, o.RecordTtl) = (mode, TimeSpan.FromMinutes(1))));
        await harness.PassAsync(TimeSpan.FromSeconds(1));
        var (refuse, brief) = (new TaskCompletionSource(), new PutOptions { TimeToLive = TimeSpan.FromSeconds(5), Immediate = true });
        harness.Kinesis.BeforePut = async (entries, _) =>
        {
            if (entries.Span[0].Data.Length < 500_000)
                return;
            await refuse.Task;
            throw new KinesisException(KinesisFailureKind.Refused, "ValidationException", "1 validation error", 400);
        };
        var large = await harness.EnqueueAsync(new UserRecord("large", new byte[1_000_000], Lower), PutOptions.WithoutLinger);
        var inLine = await harness.EnqueueAsync(Of(Lower), PutOptions.WithoutLinger);
        var atTheDoor = harness.Producer.PutAsync(PipelineHarness.Stream, Of(Lower), brief).AsTask();
        await harness.PassAsync(TimeSpan.FromMilliseconds(100));
        Assert.Equal((false, false, false), (large.IsCompleted, inLine.IsCompleted, atTheDoor.IsCompleted));

        refuse.SetResult();
        await harness.PassAsync(TimeSpan.FromMilliseconds(500));

        Assert.Equal((true, true, true), (large.IsCompleted, inLine.IsCompleted, atTheDoor.IsCompleted));
        Assert.Equal("ValidationException", (await large).ErrorCode);
        Assert.True((await inLine).IsSuccess && (await atTheDoor).IsSuccess);
    }

    /// <summary>Each large record leaves a debt of nearly five seconds, to records that live for eight.</summary>
    [Theory]
    [InlineData(OrderedMode.Off)]
    [InlineData(OrderedMode.PutRecords)]
    public async Task Block_UnderMoreThanTheShardTakes_LargeRecordsAmongIt_NothingThatWasAcceptedExpires(OrderedMode mode)
    {
        await using var harness = new PipelineHarness(shards: 1, TenthAnd(o => (o.Ordered, o.RecordTtl) = (mode, TimeSpan.FromSeconds(8))));
        var load = new BusyCallers(harness, callers: 20, (caller, put) => [new UserRecord($"{caller}-{put}", new byte[caller == 0 ? 500_000 : Size])]);

        await harness.PassAsync(TimeSpan.FromSeconds(75));
        await load.EndAsync();

        // The shard was busy all the time.
        Assert.InRange(harness.Kinesis.Records.Sum(static r => (double)r.Data.Length), 0.9 * 75 * 104_857, double.MaxValue);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task CancelOrDispose_WhileARecordWaitsForItsShard_AcceptsNothing(bool disposes)
    {
        var harness = new PipelineHarness(shards: 2, Tenth);
        await FillAsync(harness);
        var accepted = harness.Producer.GetLedger(PipelineHarness.Stream).Accepted;
        using var cancel = new CancellationTokenSource();
        var one = harness.Producer.EnqueueAsync(PipelineHarness.Stream, Of(Lower), cancellationToken: cancel.Token).AsTask();
        var many = harness.Producer.EnqueueAsync(PipelineHarness.Stream, new[] { Of(Lower), Of(Lower) }, cancellationToken: cancel.Token).AsTask();
        var parts = harness.Producer.EnqueueAsync(PipelineHarness.Stream, new[] { Of(Lower), Of(Upper) }, cancellationToken: cancel.Token).AsTask();
        await PipelineHarness.SettleAsync();

        if (!disposes)
            await cancel.CancelAsync();
        await harness.DisposeAsync();

        var refusal = disposes ? typeof(ObjectDisposedException) : typeof(OperationCanceledException);
        Assert.IsAssignableFrom(refusal, await Record.ExceptionAsync(() => one));
        Assert.IsAssignableFrom(refusal, await Record.ExceptionAsync(() => many));
        var results = await (await parts).Delivery;
        Assert.Equal([disposes ? RecordErrorCodes.Shutdown : RecordErrorCodes.Canceled, null], results.Select(r => r.ErrorCode));
        Assert.Equal(accepted + 1, harness.Producer.GetLedger(PipelineHarness.Stream).Accepted);
    }

    /// <summary>What the shard holds expires, and makes room.</summary>
    [Fact]
    public async Task Block_WhileKinesisIsDown_EndsWithTheTimeToLiveOfWhatWaits()
    {
        await using var harness = new PipelineHarness(shards: 2, Tenth);
        harness.Kinesis.GoAway();
        await FillAsync(harness);
        var waiting = harness.Producer.EnqueueAsync(PipelineHarness.Stream, Of(Lower)).AsTask();
        await PipelineHarness.SettleAsync();
        Assert.False(waiting.IsCompleted);

        var since = harness.Time.GetTimestamp();
        var enqueued = await harness.DriveAsync(waiting, 50);
        Assert.InRange((harness.Time.GetTimestamp() - since) / TimeSpan.TicksPerSecond, 0, 31);
        harness.Kinesis.ComeBack();
        Assert.True((await harness.DriveAsync(enqueued.Delivery, 50)).IsSuccess);
    }

    [Theory]
    [InlineData(OrderedMode.Off)]
    [InlineData(OrderedMode.PutRecords)]
    public async Task Block_WhileTheShardIsSplit_GoesOnInItsChildren(OrderedMode mode)
    {
        await using var harness = new PipelineHarness(shards: 2, TenthAnd(o => o.Ordered = mode));
        await FillAsync(harness);
        var waiting = Enumerable.Range(0, 50).Select(_ => harness.Producer.EnqueueAsync(PipelineHarness.Stream, Of(Lower)).AsTask()).ToList();
        await PipelineHarness.SettleAsync();

        harness.Kinesis.Reshard(FakeKinesis.Even(4, firstId: 2));
        harness.Producer.Find(PipelineHarness.Stream)!.RefreshMap();
        var enqueued = await harness.DriveAsync(Task.WhenAll(waiting), 50);

        Assert.All(await harness.DriveAsync(Task.WhenAll(enqueued.Select(e => e.Delivery)), 50), r => Assert.True(r.IsSuccess, r.ToString()));
    }

    /// <summary>
    /// None waits behind all that another one has put: fifteen seconds' worth of the heavy one would go first, of what it put before the light one came too.
    /// </summary>
    [Fact]
    public async Task ALightIdentity_BesideOneThatFillsItsShard_IsDeliveredSoon()
    {
        await using var harness = new PipelineHarness(shards: 2, Tenth);
        var (stop, heavy) = (false, 0);
        var callers = Enumerable.Range(0, 40).Select(_ => FillAsync()).ToArray();
        var latencies = new List<TimeSpan>();
        for (var second = 0; second < 40; second++)
        {
            var light = harness.Producer.PutAsync(PipelineHarness.Stream, Of(Lower), new PutOptions { Identity = "light" }).AsTask();
            var began = harness.Time.GetTimestamp();
            for (var passed = TimeSpan.Zero; passed < TimeSpan.FromSeconds(1) || !light.IsCompleted; passed += Step)
            {
                await PipelineHarness.SettleAsync();
                if (light.IsCompleted && latencies.Count == second)
                    latencies.Add(harness.Time.GetElapsedTime(began));
                harness.Time.Advance(Step);
            }

            Assert.True((await light).IsSuccess);
        }

        var seconds = harness.Time.GetElapsedTime(0).TotalSeconds;
        output.WriteLine($"light: {latencies.Max().TotalSeconds} s at most; heavy: {heavy * (double)Size / seconds:N0} bytes/s in {seconds} s");
        Assert.InRange(latencies.Max(), TimeSpan.Zero, TimeSpan.FromSeconds(3));
        // The shard is busy all the time: the heavy one has what the light one leaves.
        Assert.InRange(heavy * (double)Size / seconds, 0.85 * 104_857, double.MaxValue);
        stop = true;
        await harness.DriveAsync(Task.WhenAll(callers), 50);

        async Task FillAsync()
        {
            var records = Enumerable.Repeat(Of(Lower), 10).ToArray();
            while (!stop)
            {
                foreach (var result in await harness.Producer.PutAsync(PipelineHarness.Stream, records, new PutOptions { Identity = "heavy" }))
                    Interlocked.Add(ref heavy, result.IsSuccess ? 1 : 0);
            }
        }
    }
}
