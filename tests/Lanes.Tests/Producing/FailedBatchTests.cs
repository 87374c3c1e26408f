using Orleans.Kpl.Lanes.Tests.Fakes;

namespace Orleans.Kpl.Lanes.Tests.Producing;

/// <summary>What a batch that no silo took gives back: the same as the embedded producer's.</summary>
public sealed class FailedBatchTests
{
    [Fact]
    public async Task PutAsync_OfABatch_GivesFailedRecordsBack()
    {
        using var cluster = new FakeCluster(silos: 1) { IsCutOff = true };
        await using var producer = cluster.NewProducer(o => o.RecordTtl = TimeSpan.FromMilliseconds(100));
        var records = Numbered.Records(20);
        records[7] = new UserRecord("own", records[7].Data, UInt128.MaxValue);

        var results = await producer.PutAsync(Numbered.Stream, records).AsTask().WaitAsync(Numbered.Long);

        foreach (var (result, record) in results.Zip(records))
        {
            Assert.Equal((RecordStatus.Failed, RecordErrorCodes.Expired), (result.Status, result.ErrorCode));
            Assert.Equal((record.PartitionKey, record.ExplicitHashKey), (result.Record!.Value.PartitionKey, result.Record!.Value.ExplicitHashKey));
            Assert.Equal(record.Data.ToArray(), result.Record!.Value.Data.ToArray());
        }
    }
}
