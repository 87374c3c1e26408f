using Orleans.Kpl.Packed;

namespace Orleans.Kpl.Grains.Tests.Fronts;

/// <summary>Rubbish through grain calls: a typed error or a failed result, and no harm to anybody else.</summary>
public sealed class TierBadInputTests
{
    [Fact]
    public async Task PutRecord_WithoutKey_ThrowsAsEmbedded()
    {
        await using var tier = await Tier.StartAsync(silos: 1);
        var error = await Assert.ThrowsAsync<RecordValidationException>(() => tier.Producer.PutRecord(new UserRecord("", new byte[] { 1 })));
        Assert.Equal(RecordErrorCodes.InvalidPartitionKey, error.Code);
    }

    [Fact]
    public async Task PutRecords_WithoutABatch_IsAnArgumentNullException()
    {
        await using var tier = await Tier.StartAsync(silos: 1);
        await Assert.ThrowsAsync<ArgumentNullException>(() => tier.Producer.PutRecords(null!));
    }

    [Fact]
    public async Task PutRecords_OneBadAmongGood_FailsInItsPlace()
    {
        await using var tier = await Tier.StartAsync();
        var records = Tier.Records(100);
        records[7] = new UserRecord(new string('k', 257), records[7].Data);
        records[50] = new UserRecord("large", new byte[1 << 20]);
        var results = await tier.Producer.PutRecords(new RecordBatch(records)).WaitAsync(Tier.Long);

        Assert.Equal(RecordErrorCodes.InvalidPartitionKey, results[7].ErrorCode);
        Assert.Equal(RecordErrorCodes.RecordTooLarge, results[50].ErrorCode);
        Assert.Equal(98, results.Count(r => r.Status == RecordStatus.Delivered));
    }

    [Fact]
    public async Task PutRecords_ToAStreamThatIsNot_FailsAtOnce()
    {
        await using var tier = await Tier.StartAsync();
        var results = await tier.Cluster.Client.GetGrain<IStreamProducer>("missing").PutRecords(new RecordBatch(Tier.Records(10))).WaitAsync(Tier.Long);

        Assert.All(results, r => Assert.Equal(RecordErrorCodes.ResourceNotFound, r.ErrorCode));
        var page = await FailuresAsync(tier, "missing", 10);
        Assert.Equal(Enumerable.Range(1, 10).Select(i => (long)i), page.Failures.Select(f => f.Number));
        Assert.All(page.Failures, f => Assert.NotNull(f.Result.Record));
        Assert.Equal(5, (await tier.Cluster.Client.GetGrain<IStreamManager>("missing").GetFailures(after: 5)).Failures.Length);
    }

    [Fact]
    public async Task AnInvalidName_ThrowsAsEmbedded()
    {
        await using var tier = await Tier.StartAsync(silos: 1);
        var error = await Assert.ThrowsAsync<RecordValidationException>(
            () => tier.Cluster.Client.GetGrain<IStreamProducer>("no such name!").PutRecord(Tier.Record(1)));
        Assert.Equal(RecordErrorCodes.InvalidStream, error.Code);
    }

    [Fact]
    public async Task ABatchOfRubbish_ThrowsAtItsCallerAndHarmsNobody()
    {
        await using var tier = await Tier.StartAsync();
        var good = tier.Producer.PutRecords(new RecordBatch(Tier.Records(500)));
        foreach (var rubbish in new byte[][] { [], [9, 9, 9], [1, 255, 255, 255, 255, 15], [1, 1, 200, 1, 4] })
            await Assert.ThrowsAsync<PackedFormatException>(() => tier.Producer.PutRecords(RecordBatch.Of([rubbish])).WaitAsync(Tier.Long));
        await Assert.ThrowsAsync<PackedFormatException>(() => tier.Producer.PutRecords(RecordBatch.Of([new byte[33 << 20]])).WaitAsync(Tier.Long));
        tier.AssertVisible(Tier.Records(500), await good.WaitAsync(Tier.Long));
        tier.AssertVisible(Tier.Records(500, 500), await tier.Producer.PutRecords(new RecordBatch(Tier.Records(500, 500))).WaitAsync(Tier.Long));
    }

    private static async Task<FailurePage> FailuresAsync(Tier tier, string stream, int count)
    {
        FailurePage? page = null;
        await Waiting.UntilAsync(async () => (page = await tier.Cluster.Client.GetGrain<IStreamManager>(stream).GetFailures()).Failures.Length >= count);
        return page!;
    }
}
