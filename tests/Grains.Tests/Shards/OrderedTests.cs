namespace Orleans.Kpl.Grains.Tests.Shards;

/// <summary>An ordered stream while silos come and go: the order of one front that pipelines its batches.</summary>
/// <remarks>Tests <see cref="Grains.Owners.OrderedShardQueue"/>.</remarks>
public sealed class OrderedTests
{
    [Theory]
    [InlineData(OrderedMode.PutRecords)]
    [InlineData(OrderedMode.PutRecord)]
    public async Task SilosJoinAndDrain_UnderLoad_FirstAppearancesAreInTheOrderAccepted(OrderedMode mode)
    {
        await using var tier = await Tier.StartAsync(silos: 2, shards: 4, configure: o => o.Ordered = mode);
        var load = new OrderedTierLoad(tier.Front(0), "key-", keys: 16, batch: 50);
        await load.EndedAsync(40);
        await tier.Cluster.StartAdditionalSiloAsync();
        await load.EndedAsync(80);
        var leaving = tier.Node(1).Drain.DrainAsync();
        await load.EndedAsync(80);
        await leaving.WaitAsync(Tier.Long);
        await load.EndedAsync(40);
        await load.StopAsync();

        Assert.All(load.Told, static r => Assert.True(r.IsSuccess, r.ToString()));
        load.AssertInOrder(tier.Server.Kinesis);
    }
}
