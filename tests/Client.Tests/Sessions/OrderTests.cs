using Orleans.Kpl.Client.Tests.Fakes;
using Orleans.Kpl.Client.Tests.Tiers;

namespace Orleans.Kpl.Client.Tests.Sessions;

public sealed class OrderTests
{
    [Fact]
    public async Task OrderedStream_WithLostAnswersAndRefusals_IsTakenInTheOrderAccepted()
    {
        using var cluster = new FakeCluster(2) { LostAnswers = 0.3 };
        foreach (var silo in cluster.Silos)
            silo.BatchesWithoutRoom = 2;
        await using var producer = cluster.NewProducer(o => o.ForStream("events", s => s.Ordered = OrderedMode.PutRecords));
        var records = ClientTier.Records(20_000);
        var puts = new List<Task>();
        foreach (var chunk in records.Chunk(100))
        {
            var batch = await producer.EnqueueAsync("events", chunk);
            puts.Add(batch.Delivery);
        }

        await Task.WhenAll(puts).WaitAsync(ClientTier.Long);
        var taken = Assert.Single(cluster.Silos, s => s.Keys.Count > 0).Keys;
        Assert.Equal(records.Select(r => r.PartitionKey), taken);
    }
}
