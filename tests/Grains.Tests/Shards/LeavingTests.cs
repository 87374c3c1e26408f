using Microsoft.Extensions.DependencyInjection;
using Orleans.Kpl.Grains.Draining;
using Orleans.Kpl.Grains.Tests.Tiers;

namespace Orleans.Kpl.Grains.Tests.Shards;

/// <summary>What others make of a silo that leaves, when there is nothing that would tell them by the way.</summary>
public sealed class LeavingTests
{
    [Fact]
    public async Task PutAfterADrain_WhileTheSiloIsStillThere_GoesToTheNewOwners()
    {
        await using var tier = await Tier.StartAsync(silos: 2, shards: 8);
        var front = tier.Front(1);
        var before = await front.PutAsync(Tier.Stream, Tier.Records(200)).AsTask().WaitAsync(Tier.Long);
        await tier.Cluster.Silos[0].ServiceProvider.GetRequiredService<ClusterDrain>().DrainAsync().WaitAsync(Tier.Long);
        var after = await front.PutAsync(Tier.Stream, Tier.Records(200, 200)).AsTask().WaitAsync(Tier.Long);

        tier.AssertVisible(Tier.Records(400), [.. before, .. after]);
        Assert.Equal([0, 8], tier.HostedShards());
    }

    [Fact]
    public async Task AShardThatCameAndWent_IsNotLookedForWhereItWasBefore()
    {
        await using var tier = await Tier.StartAsync(silos: 2, shards: 8);
        // Both silos learn where the shards of the other are; then all of them are on one, then spread over it and a third.
        foreach (var silo in new[] { 0, 1 })
            await tier.Front(silo).PutAsync(Tier.Stream, Tier.Records(200, silo * 200)).AsTask().WaitAsync(Tier.Long);
        await tier.Cluster.Silos[0].ServiceProvider.GetRequiredService<ClusterDrain>().DrainAsync().WaitAsync(Tier.Long);
        await tier.Cluster.StopSiloAsync(tier.Cluster.Silos[0]);
        await tier.Front(0).PutAsync(Tier.Stream, Tier.Records(200, 400)).AsTask().WaitAsync(Tier.Long);
        await tier.Cluster.StartAdditionalSiloAsync();
        using var limit = new CancellationTokenSource(Tier.Long);
        while (tier.HostedShards() is not [> 0, > 0])
            await Task.Delay(TimeSpan.FromMilliseconds(20), limit.Token);
        var results = await tier.Front(0).PutAsync(Tier.Stream, Tier.Records(400, 600)).AsTask().WaitAsync(TimeSpan.FromSeconds(10));

        tier.AssertVisible(Tier.Records(400, 600), results);
    }
}
