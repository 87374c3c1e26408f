using System.Text;
using Orleans.Kpl.Producer.Tests.Faults;
using Orleans.Kpl.Silos;

namespace Orleans.Kpl.Grains.Tests.Shards;

/// <summary>An ordered stream while silos come and go: the order of one front that pipelines its batches.</summary>
/// <remarks>Tests <see cref="Grains.Owners.OrderedShardQueue"/>.</remarks>
public sealed class OrderedTests
{
    private const int Keys = 16;

    [Theory]
    [InlineData(OrderedMode.PutRecords)]
    [InlineData(OrderedMode.PutRecord)]
    public async Task SilosJoinAndDrain_UnderLoad_FirstAppearancesAreInTheOrderAccepted(OrderedMode mode)
    {
        await using var tier = await Tier.StartAsync(silos: 2, shards: 4, configure: o => o.Ordered = mode);
        var front = tier.Front(0);
        var (number, batches) = (0, new Queue<EnqueuedBatch>());
        await PutAsync(2_000);
        await tier.Cluster.StartAdditionalSiloAsync();
        await PutAsync(4_000);
        var leaving = tier.Cluster.Silos[1].ServiceProvider.GetRequiredService<SiloNode>().Drain.DrainAsync();
        await PutAsync(4_000);
        await leaving.WaitAsync(Tier.Long);
        await PutAsync(2_000);
        foreach (var batch in batches)
            Assert.All(await batch.Delivery.WaitAsync(Tier.Long), r => Assert.True(r.IsSuccess, r.ToString()));

        var seen = ConsumerView.Of(tier.Server.Kinesis, Tier.Stream).Where(s => s.Visible).ToList();
        Assert.Equal(number, seen.Select(s => s.Data).Distinct().Count());
        foreach (var ofKey in seen.GroupBy(s => s.Key))
        {
            var first = ofKey.Select(s => int.Parse(s.Data, System.Globalization.CultureInfo.InvariantCulture)).Distinct().ToList();
            Assert.Equal(first.Order(), first);
        }

        async Task PutAsync(int count)
        {
            for (var end = number + count; number < end;)
            {
                var records = Enumerable.Range(number, 50).Select(i => new UserRecord($"key-{i % Keys}", Encoding.UTF8.GetBytes($"{i}"))).ToArray();
                number += records.Length;
                batches.Enqueue(await front.EnqueueAsync(Tier.Stream, records));
                // A few batches under way, as a client that pipelines has them.
                if (batches.Count > 8)
                    Assert.All(await batches.Dequeue().Delivery.WaitAsync(Tier.Long), r => Assert.True(r.IsSuccess, r.ToString()));
            }
        }
    }
}
