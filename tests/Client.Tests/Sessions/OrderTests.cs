using Orleans.Kpl.Client.Tests.Fakes;
using Orleans.Kpl.Client.Tests.Tiers;
using Orleans.Kpl.Testing;

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

    [Fact]
    public async Task OrderedStream_WhoseSiloDrains_NothingGoesToAnotherBeforeItsRecordsHaveEnded()
    {
        using var cluster = new FakeCluster(2);
        foreach (var silo in cluster.Silos)
            silo.EndsAtOnce = false;
        await using var producer = cluster.NewProducer(o => o.ForStream("events", s => s.Ordered = OrderedMode.PutRecords));
        var early = producer.PutAsync("events", ClientTier.Records(1_000)).AsTask();
        await Waiting.UntilAsync(() => cluster.Silos.Sum(s => s.Keys.Count) == 1_000);
        var first = Assert.Single(cluster.Silos, s => s.Keys.Count > 0);
        var second = cluster.Silos.Single(s => s != first);
        second.EndsAtOnce = true;
        first.IsDraining = true;
        var late = producer.PutAsync("events", ClientTier.Records(1_000, first: 1_000)).AsTask();
        Assert.NotSame(late, await Task.WhenAny(late, Task.Delay(TimeSpan.FromMilliseconds(300))));
        Assert.Empty(second.Keys);
        first.EndAll();

        Assert.All(await early.WaitAsync(ClientTier.Long), r => Assert.Equal(RecordStatus.Delivered, r.Status));
        Assert.All(await late.WaitAsync(ClientTier.Long), r => Assert.Equal(RecordStatus.Delivered, r.Status));
        Assert.Equal(ClientTier.Records(1_000, first: 1_000).Select(r => r.PartitionKey), second.Keys);
    }
}
