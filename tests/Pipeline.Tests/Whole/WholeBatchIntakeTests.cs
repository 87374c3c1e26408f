using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Tests.Backlog;
using Orleans.Kpl.Pipeline.Whole;

namespace Orleans.Kpl.Pipeline.Tests.Whole;

/// <summary>Batches that are accepted whole or not at all, as a client's messages are, while the shard of some of their records is full.</summary>
public sealed class WholeBatchIntakeTests
{
    private static readonly UInt128[] Mixed = [FullShard.Upper, FullShard.Lower, FullShard.Upper, FullShard.Lower];

    [Theory]
    [InlineData(OrderedMode.Off)]
    [InlineData(OrderedMode.PutRecords)]
    public async Task Cancel_WhileOneShardIsFull_AcceptsNothing_AndLaterAllOfItOnce(OrderedMode mode)
    {
        await using var harness = new PipelineHarness(shards: 2, FullShard.TenthAnd(o => o.Ordered = mode));
        await FullShard.FillAsync(harness);

        using var cancel = new CancellationTokenSource();
        var batch = new WholeBatch(Mixed.Length);
        var refused = EnqueueAsync(harness, batch, cancel.Token);
        await PipelineHarness.SettleAsync();
        Assert.False(refused.IsCompleted);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => refused);
        Assert.Equal((false, 0), (batch.HasAccepted, batch.Ended));

        var again = new WholeBatch(Mixed.Length);
        await harness.DriveAsync(EnqueueAsync(harness, again, default), 50);
        Assert.All(await harness.DriveAsync(again.Delivery, 50), r => Assert.True(r.IsSuccess, r.ToString()));
        Assert.Equal(Mixed.Length, harness.Kinesis.CountOf("whole"));
    }

    /// <summary>Each of them would wait for what the other has, if they went by the order of their records.</summary>
    [Fact]
    public async Task Batches_ThatNeedBothFullShards_AreAllAccepted()
    {
        await using var harness = new PipelineHarness(shards: 2, FullShard.Tenth);
        await FullShard.FillAsync(harness);
        await FullShard.FillAsync(harness, shard: FullShard.Upper);

        var batches = Enumerable.Range(0, 40).Select(_ => new WholeBatch(2)).ToList();
        var enqueuing = batches.Select((b, i) => EnqueueAsync(
            harness, b, default, i % 2 == 0 ? [FullShard.Upper, FullShard.Lower] : [FullShard.Lower, FullShard.Upper], size: 300_000));
        await harness.DriveAsync(Task.WhenAll(enqueuing), 50);

        foreach (var batch in batches)
            Assert.All(await harness.DriveAsync(batch.Delivery, 50), r => Assert.True(r.IsSuccess, r.ToString()));
    }

    [Fact]
    public async Task Spill_ForOneFullShard_SpillsItsRecordsOnly()
    {
        await using var harness = await SpillingAsync();

        var batch = new WholeBatch(Mixed.Length);
        await harness.DriveAsync(EnqueueAsync(harness.Producer, BacklogHarness.Stream, batch, default));

        var results = await harness.DriveAsync(batch.Delivery, 50);
        Assert.Equal(
            [RecordStatus.Delivered, RecordStatus.Persisted, RecordStatus.Delivered, RecordStatus.Persisted], results.Select(r => r.Status));
        await harness.DriveUntilAsync(() => harness.Ledger.InBacklog == 0, 50);
        Assert.Equal(Mixed.Length, harness.Kinesis.CountOf("whole"));
    }

    [Fact]
    public async Task Spill_WhileTheStoreTakesNothing_AcceptsNothingUntilThereIsRoom()
    {
        await using var harness = await SpillingAsync();
        await StoreTakesNothingAsync(harness);
        var accepted = harness.Ledger.Accepted;

        using var cancel = new CancellationTokenSource();
        var batch = new WholeBatch(Mixed.Length);
        var refused = EnqueueAsync(harness.Producer, BacklogHarness.Stream, batch, cancel.Token);
        await PipelineHarness.SettleAsync();
        Assert.False(refused.IsCompleted);
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => refused);
        Assert.Equal((accepted, false, 0), (harness.Ledger.Accepted, batch.HasAccepted, batch.Ended));
    }

    /// <summary>Fills the lower shard of a stream that spills, until a record went to the backlog.</summary>
    private static async Task<BacklogHarness> SpillingAsync()
    {
        var harness = new BacklogHarness(shards: 2, configure: FullShard.TenthAnd(o => o.HighWaterMode = HighWaterMode.Spill));
        await harness.DriveAsync(await harness.PutAsync(FullShard.Of(FullShard.Upper)));
        await harness.DriveAsync(await harness.PutAsync(FullShard.Of(FullShard.Upper), BacklogHarness.Persisted));
        for (var i = 0; i < 400; i++)
            await harness.PutAsync(FullShard.Of(FullShard.Lower));
        return harness;
    }

    private static async Task StoreTakesNothingAsync(BacklogHarness harness)
    {
        harness.Store.IsFull = true;
        await harness.DriveAsync(await harness.PutAsync(FullShard.Of(FullShard.Upper), BacklogHarness.Persisted));
        // What has gone meanwhile comes again: without the store it is not more than the shard takes.
        for (var isFull = false; !isFull;)
        {
            var enqueuing = harness.Producer.EnqueueAsync(BacklogHarness.Stream, FullShard.Of(FullShard.Lower)).AsTask();
            await PipelineHarness.SettleAsync();
            isFull = !enqueuing.IsCompleted;
        }
    }

    private static Task EnqueueAsync(
        PipelineHarness harness, WholeBatch batch, CancellationToken cancellationToken, UInt128[]? hashKeys = null, int size = 100) =>
        EnqueueAsync(harness.Producer, PipelineHarness.Stream, batch, cancellationToken, hashKeys, size);

    private static Task EnqueueAsync(
        ProducerPipeline producer, string stream, WholeBatch batch, CancellationToken cancellationToken, UInt128[]? hashKeys = null, int size = 100)
    {
        var writer = new PackedRecordsWriter(int.MaxValue);
        foreach (var hashKey in hashKeys ?? Mixed)
            Assert.True(writer.TryAdd("whole", new byte[size], hashKey, isExplicit: true));
        return producer.Find(stream)!.EnqueuePackedAsync(PackedRecords.Parse(writer.ToArray()), batch, null, cancellationToken).AsTask();
    }

    private sealed class WholeBatch(int count) : IWholeBatch
    {
        private readonly BatchOutcome _outcomes = new(count);

        public bool HasAccepted { get; set; }

        /// <summary>How many records ended without being accepted.</summary>
        public int Ended { get; private set; }

        public Task<IReadOnlyList<RecordResult>> Delivery => _outcomes.Delivery;

        public void End(int index, in RecordResult result)
        {
            Ended++;
            _outcomes.End(index, result);
        }

        public OutcomeSink NewPart(int records, in AcceptanceTerms terms) => _outcomes.NewPart(records, terms);

        public void AllHandedOver() => _outcomes.AllHandedOver();
    }
}
