using Orleans.Kpl.Grains.Tests.Tiers;

namespace Orleans.Kpl.Grains.Tests.Fronts;

/// <summary>Flushes reach the owners, on whatever silo they are.</summary>
public sealed class FlushTests
{
    [Fact]
    public async Task Flush_LetsRecordsOfEverySilosShardsLeaveBeforeTheirLinger()
    {
        await using var tier = await Tier.StartAsync(
            silos: 2, shards: 8, configure: o => (o.RecordMaxBufferedTime, o.RecordTtl) = (2 * Tier.Long, 4 * Tier.Long));
        await tier.Producer.PutRecords(new RecordBatch(Tier.Records(100)), PutOptions.WithoutLinger).WaitAsync(Tier.Long);
        var batch = await tier.Front(0).EnqueueAsync(Tier.Stream, Tier.Records(100, 100));
        Assert.False(batch.Delivery.IsCompleted);
        await tier.Front(0).FlushAsync(Tier.Stream).WaitAsync(Tier.Long);

        tier.AssertVisible(Tier.Records(100, 100), await batch.Delivery);
    }
}
