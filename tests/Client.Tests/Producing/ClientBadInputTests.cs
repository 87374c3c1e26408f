namespace Orleans.Kpl.Client.Tests.Producing;

/// <summary>Bad input gets the same typed errors as with an embedded producer.</summary>
public sealed class ClientBadInputTests
{
    [Fact]
    public async Task EnqueueAsync_OfBadRecordsAndOptions_ThrowsAsEmbedded()
    {
        await using var tier = await ClientTier.StartAsync(silos: 1, shards: 1);
        var producer = tier.Producer;

        Assert.Equal(RecordErrorCodes.InvalidPartitionKey, await CodeAsync(new UserRecord("", default)));
        Assert.Equal(RecordErrorCodes.InvalidPartitionKey, await CodeAsync(new UserRecord(new string('k', 257), default)));
        Assert.Equal(RecordErrorCodes.RecordTooLarge, await CodeAsync(new UserRecord("k", new byte[(10 << 20) + 1])));
        var stream = await Assert.ThrowsAsync<RecordValidationException>(async () => await producer.PutAsync("no stream", ClientTier.Record(1)));
        Assert.Equal(RecordErrorCodes.InvalidStream, stream.Code);
        // Only the silos know whether they have a backlog.
        var persisted = await PutAsync(new PutOptions { AckLevel = AckLevel.Persisted });
        Assert.Equal((RecordStatus.Failed, RecordErrorCodes.NotSupported), (persisted.Status, persisted.ErrorCode));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await PutAsync(new PutOptions { TimeToLive = TimeSpan.Zero }));

        async Task<string> CodeAsync(UserRecord record) =>
            (await Assert.ThrowsAsync<RecordValidationException>(async () => await producer.PutAsync(ClientTier.Stream, record))).Code;

        Task<RecordResult> PutAsync(PutOptions options) => producer.PutAsync(ClientTier.Stream, ClientTier.Record(1), options).AsTask();
    }

    [Fact]
    public async Task PutAsync_OfABatchWithInvalidRecords_TheyFailInTheirPlaces()
    {
        await using var tier = await ClientTier.StartAsync(silos: 1, shards: 1);
        UserRecord[] records = [ClientTier.Record(1), new("", default), ClientTier.Record(2), new("large", new byte[2 << 20])];
        var results = await tier.Producer.PutAsync(ClientTier.Stream, records).AsTask().WaitAsync(ClientTier.Long);

        Assert.Equal([null, RecordErrorCodes.InvalidPartitionKey, null, RecordErrorCodes.RecordTooLarge], results.Select(r => r.ErrorCode));
        Assert.Equal("large", results[3].Record!.Value.PartitionKey);
        Assert.Equal((3, 2, 1),
            (tier.Producer.GetLedger(ClientTier.Stream).Accepted, tier.Producer.GetLedger(ClientTier.Stream).Delivered,
            tier.Producer.GetLedger(ClientTier.Stream).Failed));
    }

    [Fact]
    public async Task PutAsync_ToAStreamThatIsNotThere_FailsWithItsCode()
    {
        await using var tier = await ClientTier.StartAsync(silos: 1, shards: 1);
        var told = new TaskCompletionSource<RecordFailure>();
        tier.Producer.RecordFailed += f => told.TrySetResult(f);
        var result = await tier.Producer.PutAsync("missing", ClientTier.Record(7)).AsTask().WaitAsync(ClientTier.Long);

        Assert.Equal((RecordStatus.Failed, RecordErrorCodes.ResourceNotFound), (result.Status, result.ErrorCode));
        Assert.Equal("key-7", result.Record!.Value.PartitionKey);
        Assert.Equal("missing", (await told.Task.WaitAsync(ClientTier.Long)).Stream);
    }
}
