using Orleans.Kpl.LocalKinesis.Faults;
using Orleans.Kpl.Silos;

namespace Orleans.Kpl.Grains.Tests.Shards;

/// <summary>What others make of a silo that leaves, when there is nothing that would tell them by the way.</summary>
public sealed class LeavingTests
{
    /// <summary>So many that a silo that comes is given some, whatever its name.</summary>
    private const int ManyShards = 60;

    /// <summary>Records that are sent to a silo that is gone are not delivered before their time-to-live ends, minutes here.</summary>
    private static readonly TimeSpan SoonEnough = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task PutAfterADrain_WhileTheSiloIsStillThere_GoesToTheNewOwners()
    {
        await using var tier = await Tier.StartAsync(silos: 2, shards: 8);
        var front = tier.Front(1);
        var before = await front.PutAsync(Tier.Stream, Tier.Records(200)).AsTask().WaitAsync(Tier.Long);
        await tier.Cluster.Silos[0].ServiceProvider.GetRequiredService<SiloNode>().Drain.DrainAsync().WaitAsync(Tier.Long);
        var after = await front.PutAsync(Tier.Stream, Tier.Records(200, 200)).AsTask().WaitAsync(Tier.Long);

        tier.AssertVisible(Tier.Records(400), [.. before, .. after]);
        Assert.Equal([0, 8], tier.HostedShards());
    }

    [Fact]
    public async Task AShardThatCameAndWent_IsNotLookedForWhereItWasBefore()
    {
        await using var tier = await Tier.StartAsync(silos: 2, shards: ManyShards);
        // Both silos learn where the shards of the other are; then all of them are on one, then spread over it and a third.
        foreach (var silo in new[] { 0, 1 })
            await tier.Front(silo).PutAsync(Tier.Stream, Tier.Records(200, silo * 200)).AsTask().WaitAsync(Tier.Long);
        await tier.Cluster.Silos[0].ServiceProvider.GetRequiredService<SiloNode>().Drain.DrainAsync().WaitAsync(Tier.Long);
        await tier.Cluster.StopSiloAsync(tier.Cluster.Silos[0]);
        await tier.Front(0).PutAsync(Tier.Stream, Tier.Records(200, 400)).AsTask().WaitAsync(Tier.Long);
        await tier.Cluster.StartAdditionalSiloAsync();
        await Waiting.UntilAsync(() => tier.HostedShards() is [> 0, > 0]);
        var results = await tier.Front(0).PutAsync(Tier.Stream, Tier.Records(400, 600)).AsTask().WaitAsync(SoonEnough);

        tier.AssertVisible(Tier.Records(400, 600), results);
    }

    [Theory]
    [InlineData(OrderedMode.Off)]
    [InlineData(OrderedMode.PutRecords)]
    public async Task AShardOnItsWay_ToASiloThatBeginsToLeave_IsServed(OrderedMode mode)
    {
        await using var tier = await Tier.StartAsync(silos: 1, shards: ManyShards, o => o.Ordered = mode);
        // So long a shard cannot move.
        tier.Server.Kinesis.Faults.Add(new LatencyFault { Operation = "PutRecords", Delay = TimeSpan.FromSeconds(1.5) });
        var load = new TierLoad(tier.Front(0), 0);
        await load.EndedAsync(400);
        var mover = tier.Cluster.Silos[0].ServiceProvider.GetRequiredService<SiloNode>().Mover;
        var newcomer = (await tier.Cluster.StartAdditionalSiloAsync()).ServiceProvider.GetRequiredService<SiloNode>();
        await Waiting.UntilAsync(() => !mover.ArrivedAsync(newcomer.Silos.Self).IsCompleted);
        await newcomer.Drain.DrainAsync().WaitAsync(Tier.Long);

        Assert.Equal(0, tier.HostedShards()[1]);
        tier.Server.Kinesis.Faults.Clear();
        await load.EndedAsync(400);
        await load.StopAsync();
        tier.AssertVisible(load.Records, load.Results);
        await Waiting.UntilAsync(() => tier.HostedShards() is [ManyShards, 0]);
    }

    [Fact]
    public async Task ASiloThatComes_WhileAnotherOneLeaves_IsToldOfIt()
    {
        // Calls end, to be made again, once the fault is over; nothing else ends before.
        await using var tier = await Tier.StartAsync(silos: 2, shards: 8, o => o.RequestTimeout = TimeSpan.FromSeconds(5));
        var faults = tier.Server.Kinesis.Faults;
        faults.Add(new LatencyFault { Operation = "PutRecords", Delay = Tier.Long });
        var held = tier.Front(1).PutAsync(Tier.Stream, Tier.Records(200));
        var leaving = tier.Cluster.Silos[1].ServiceProvider.GetRequiredService<SiloNode>().Drain.DrainAsync();
        var newcomer = (await tier.Cluster.StartAdditionalSiloAsync()).ServiceProvider.GetRequiredService<SiloNode>().Silos;
        await Waiting.UntilAsync(() => !newcomer.Owners.Contains(tier.Node(1).Silos.Self) && newcomer.Owners.Count == 2);

        Assert.False(leaving.IsCompleted);
        faults.Clear();
        await leaving.WaitAsync(2 * Tier.Long);
        Assert.Equal(200, (await held).Length);
    }
}
