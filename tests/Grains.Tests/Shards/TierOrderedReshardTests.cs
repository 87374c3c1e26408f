using Orleans.Kpl.LocalKinesis;
using Orleans.Kpl.LocalKinesis.Faults;

namespace Orleans.Kpl.Grains.Tests.Shards;

/// <summary>Ordered streams whose shards change while records flow from every silo to every other.</summary>
public sealed class TierOrderedReshardTests
{
    private static readonly ReshardTiming Apart = Tier.Apart with
    {
        CutOverSpacing = TimeSpan.FromMilliseconds(20), ListShardsLag = TimeSpan.FromMilliseconds(100),
    };

    private static readonly TimeSpan Most = TimeSpan.FromSeconds(5);

    public static TheoryData<OrderedMode> Modes => [OrderedMode.PutRecords, OrderedMode.PutRecord];

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task ReshardsBySomeoneElse_UnderLoadOnThreeSilos_KeepTheOrderOfEachFront(OrderedMode mode)
    {
        await using var tier = await StartAsync(mode);
        var loads = await FlowingAsync(tier);
        await StandstillWatch.OverAsync(tier, loads, Most, async () =>
        {
            foreach (var shards in (int[])[4, 8, 4, 6, 3])
            {
                await tier.ActiveAsync();
                tier.Server.Kinesis.UpdateShardCount(Tier.Stream, shards);
                await Task.WhenAll(loads.Select(l => l.EndedAsync(25)));
            }

            await EndInOrderAsync(tier, loads);
        });
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task OurOwnReshards_UnderLoadOnThreeSilos_KeepTheOrderOfEachFront(OrderedMode mode)
    {
        await using var tier = await StartAsync(mode);
        var loads = await FlowingAsync(tier);
        var operations = new List<StreamOperation>();
        await StandstillWatch.OverAsync(tier, loads, Most, async () =>
        {
            operations.Add(await tier.EndOfAsync(await tier.Manager.SplitShard("shardId-000000000001")));
            var open = (await tier.Manager.GetShards()).Shards;
            operations.Add(await tier.EndOfAsync(await tier.Manager.MergeShards(open[0].ShardId, open[1].ShardId)));
            foreach (var shards in (int[])[4, 16, 3])
                operations.Add(await tier.EndOfAsync(await tier.Manager.SetShardCount(shards)));
            await Task.WhenAll(loads.Select(l => l.EndedAsync(15)));
            await EndInOrderAsync(tier, loads);
        });

        Assert.All(loads, l => l.AssertOnce(tier.Server.Kinesis));
        Assert.All(operations, o => Assert.Equal(OperationState.Done, o.State));
        Assert.Equal(3, (await tier.Manager.GetOverview()).Shards.Count);
    }

    private static async Task<Tier> StartAsync(OrderedMode mode)
    {
        var tier = await Tier.StartAsync(silos: 3, shards: 2, o => (o.Ordered, o.RecordMaxBufferedTime) = (mode, TimeSpan.FromMilliseconds(20)));
        tier.Server.Kinesis.Reshards = Apart;
        // Round trips so long that there is always something in flight, and something held.
        tier.Server.Kinesis.Faults.Add(new LatencyFault { Operation = mode.ToString(), Delay = TimeSpan.FromMilliseconds(60) });
        return tier;
    }

    /// <summary>Starts a load at each silo. What the first records wait for, opened shards and compiled code, is no standstill.</summary>
    private static async Task<List<OrderedTierLoad>> FlowingAsync(Tier tier)
    {
        List<OrderedTierLoad> loads = [.. tier.Cluster.Silos.Select((_, i) => new OrderedTierLoad(tier.Front(i), $"front{i}-"))];
        await Task.WhenAll(loads.Select(static l => l.EndedAsync(10)));
        return loads;
    }

    private static async Task EndInOrderAsync(Tier tier, List<OrderedTierLoad> loads)
    {
        await Task.WhenAll(loads.Select(l => l.StopAsync()));
        foreach (var load in loads)
        {
            Assert.All(load.Told, r => Assert.True(r.IsSuccess, r.ToString()));
            load.AssertInOrder(tier.Server.Kinesis);
        }
    }
}
