using Orleans.Kpl.Management;
using Orleans.Runtime.Placement;

namespace Orleans.Kpl.Grains.Tests.Tiers;

/// <summary>Silos of which one has no way to Kinesis of its own, over Orleans' messages.</summary>
/// <remarks>Tests <see cref="Orleans.Kpl.Grains.Links.RemoteRelay"/>.</remarks>
public sealed class RelayedTierTests
{
    /// <summary>Nothing listens there.</summary>
    private static readonly Uri Nowhere = new("http://127.0.0.1:1");

    [Theory]
    [InlineData(OrderedMode.Off)]
    [InlineData(OrderedMode.PutRecords)]
    [InlineData(OrderedMode.PutRecord)]
    public async Task Put_WhereOneSiloDoesNotReachKinesis_IsDelivered_AtItsShardsToo(OrderedMode mode)
    {
        var started = 0;
        await using var tier = await Tier.StartAsync(silos: 3, shards: 6, configure: o =>
        {
            o.Ordered = mode;
            if (Interlocked.Increment(ref started) == 2)
                o.Kinesis.EndpointUrl = Nowhere;
        });
        // The manager may be on that silo, and the map is read once its calls go through others. Until then records go without one.
        await tier.Front(0).PutAsync(Tier.Stream, Tier.Record(0), cancellationToken: TestContext.Current.CancellationToken);
        await Waiting.UntilAsync(() => tier.Front(0).Find(Tier.Stream)!.Shards.Map is { Count: 6 });
        UserRecord[] records = [.. Tier.Records(300, first: 1), new UserRecord("large", new byte[900_000])];

        var results = await tier.Front(0).PutAsync(Tier.Stream, records, cancellationToken: TestContext.Current.CancellationToken);

        tier.AssertVisible(records, results);
        Assert.Equal([2, 2, 2], tier.HostedShards());
        var reports = Enumerable.Range(0, 3).Select(i => tier.Front(i).Report($"{i}", Tier.Stream).Streams.Single(static s => s.Stream == Tier.Stream));
        Assert.Single(reports, static r => r.RelayedSince is not null);
    }

    /// <summary>It was given up after ten tries, and so was each change after it, until that silo was stopped.</summary>
    [Fact]
    public async Task Split_WhereTheManagersSiloDoesNotReachKinesis_IsMadeFromTheOtherOne()
    {
        var started = 0;
        await using var tier = await Tier.StartAsync(silos: 2, shards: 2, configure: o =>
        {
            if (Interlocked.Increment(ref started) == 2)
                o.Kinesis.EndpointUrl = Nowhere;
        });
        var blind = tier.Cluster.Silos.Single(static s => s.ServiceProvider.GetRequiredService<KplOptions>().Kinesis.EndpointUrl == Nowhere);
        Orleans.Runtime.RequestContext.Set(IPlacementDirector.PlacementHintKey, blind.SiloAddress);
        await tier.Cluster.Client.GetGrain<IShardMapSource>(Tier.Stream).Wake();
        Orleans.Runtime.RequestContext.Clear();
        Assert.Same(blind, await tier.ManagerSiloAsync());
        await tier.Front(0).PutAsync(Tier.Stream, Tier.Record(0), cancellationToken: TestContext.Current.CancellationToken);
        await Waiting.UntilAsync(() => tier.Front(0).Find(Tier.Stream)!.Shards.Map is { Count: 2 });

        var operation = await tier.EndOfAsync(await tier.Manager.SplitShard("shardId-000000000000"));

        Assert.Equal(OperationState.Done, operation.State);
        Assert.NotSame(blind, await tier.ManagerSiloAsync());
    }
}
