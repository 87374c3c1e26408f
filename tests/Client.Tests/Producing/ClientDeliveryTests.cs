using Orleans.Kpl.Producer.Tests.Faults;

namespace Orleans.Kpl.Client.Tests.Producing;

/// <summary>Records from a client's put to the bytes that KCL sees.</summary>
public sealed class ClientDeliveryTests
{
    [Fact]
    public async Task PutAsync_OfBatches_EachRecordIsWhereItsResultSaysOnce()
    {
        await using var tier = await ClientTier.StartAsync(silos: 2, shards: 8, silo: o => o.RequestTimeout = ClientTier.Long / 3);
        var records = ClientTier.Records(20_000);
        var puts = records.Chunk(500).Select(c => tier.Producer.PutAsync(ClientTier.Stream, c).AsTask()).ToList();
        var results = (await Task.WhenAll(puts).WaitAsync(ClientTier.Long)).SelectMany(r => r).ToList();

        tier.AssertDelivered(records, results);
        Assert.Equal(20_000, ConsumerView.Of(tier.Server.Kinesis, ClientTier.Stream).Count);
        Assert.Equal(new StreamLedger(20_000, 20_000, 0, 0, 0, 0, 0), tier.Producer.GetLedger(ClientTier.Stream));
        Assert.Equal((0, 0), (tier.Producer.OutstandingRecords, tier.Producer.OutstandingBytes));
        Assert.Equal(TimeSpan.Zero, tier.Producer.OldestRecordAge);
    }

    [Fact]
    public async Task EnqueueAsync_OfSingleRecords_AllAreDelivered()
    {
        await using var tier = await ClientTier.StartAsync(silos: 2);
        var records = ClientTier.Records(5_000);
        var enqueued = new List<EnqueuedRecord>();
        foreach (var record in records)
            enqueued.Add(await tier.Producer.EnqueueAsync(ClientTier.Stream, record));
        var results = await Task.WhenAll(enqueued.Select(e => e.Delivery)).WaitAsync(ClientTier.Long);

        tier.AssertDelivered(records, results);
    }

    [Fact]
    public async Task PutAsync_WithExplicitHashKeys_GoesToTheirShards()
    {
        await using var tier = await ClientTier.StartAsync(silos: 1, shards: 2);
        UserRecord[] records = [new("a", new byte[] { 1 }, UInt128.Zero), new("a", new byte[] { 2 }, UInt128.MaxValue)];
        var results = await tier.Producer.PutAsync(ClientTier.Stream, records).AsTask().WaitAsync(ClientTier.Long);

        Assert.Equal(["shardId-000000000000", "shardId-000000000001"], results.Select(r => r.ShardId));
    }

    [Fact]
    public async Task PutAsync_AskingForAcceptanceOnly_IsAnsweredAtOnceAndCountedWhenDelivered()
    {
        await using var tier = await ClientTier.StartAsync(silos: 1);
        var result = await tier.Producer.PutAsync(ClientTier.Stream, ClientTier.Record(1), new PutOptions { AckLevel = AckLevel.Accepted });
        Assert.Equal(RecordStatus.Accepted, result.Status);

        await tier.Producer.FlushAsync().WaitAsync(ClientTier.Long);
        Assert.Equal(1, tier.Producer.GetLedger(ClientTier.Stream).Delivered);
    }

    [Fact]
    public async Task PutAsync_AskingForPersistence_IsAnsweredWhenPersistedAndThenDelivered()
    {
        await using var tier = await ClientTier.StartAsync(silos: 1, hasBacklog: true);
        var persisted = tier.Producer.PutAsync(ClientTier.Stream, ClientTier.Records(500), new PutOptions { AckLevel = AckLevel.Persisted }).AsTask();
        var delivered = tier.Producer.PutAsync(ClientTier.Stream, ClientTier.Records(500, 500)).AsTask();

        Assert.All(await persisted.WaitAsync(ClientTier.Long), r => Assert.Equal((RecordStatus.Persisted, true), (r.Status, r.IsSuccess)));
        Assert.All(await delivered.WaitAsync(ClientTier.Long), r => Assert.Equal(RecordStatus.Delivered, r.Status));
        Assert.Equal(new StreamLedger(1_000, 500, 0, 0, 0, 500, 0), tier.Producer.GetLedger(ClientTier.Stream));
        Assert.Equal((0, 0), (tier.Producer.OutstandingRecords, tier.Producer.OutstandingBytes));
        await Waiting.UntilAsync(() => ConsumerView.Of(tier.Server.Kinesis, ClientTier.Stream).Count(s => s.Visible) == 1_000);
    }

    [Fact]
    public async Task FlushAsync_WithALongLinger_DoesNotWaitForIt()
    {
        await using var tier = await ClientTier.StartAsync(
            silos: 2, shards: 4, silo: o => (o.RecordMaxBufferedTime, o.RecordTtl) = (2 * ClientTier.Long, 4 * ClientTier.Long));
        using var batch = await tier.Producer.EnqueueAsync(ClientTier.Stream, ClientTier.Records(100));
        await tier.Producer.FlushAsync(ClientTier.Stream).WaitAsync(ClientTier.Long);

        Assert.True(batch.Delivery.IsCompletedSuccessfully);
    }
}
