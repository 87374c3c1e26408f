using Orleans.Kpl.Silos.Tests.Nodes;

namespace Orleans.Kpl.Silos.Tests.Shards;

/// <summary>No silo has more than its share of a stream's shards.</summary>
/// <remarks>Tests <see cref="Silos.Shards.ShardMover"/>.</remarks>
public sealed class SpreadTests
{
    [Fact]
    public async Task FourShardsOfAStream_OnTwoSilos_AreTwoOnEach()
    {
        await using var world = new NodeWorld(shards: 4);
        var (one, two) = (await world.StartAsync(), await world.StartAsync());
        for (var stream = 0; stream < 10; stream++)
        {
            await one.DeliverAsync(200, stream: $"stream-{stream}");
            Assert.Equal((2, 2), (Hosted(one, $"stream-{stream}").Length, Hosted(two, $"stream-{stream}").Length));
        }
    }

    [Fact]
    public async Task Shards_OfAStream_AreToldWithTheirOwners()
    {
        await using var world = new NodeWorld(shards: 4);
        var silos = new[] { await world.StartAsync(), await world.StartAsync() };
        await silos[0].DeliverAsync(200);
        var overview = await world.Managers.CallAsync(NodeWorld.Stream, static m => m.Admin.GetShardsAsync(CancellationToken.None));

        Assert.Equal(4, overview.Shards.Count);
        foreach (var shard in overview.Shards)
        {
            var owner = Assert.Single(silos, s => s.Node.Hosted.Contains(new ShardKey(NodeWorld.Stream, shard.ShardId)));
            Assert.Equal(owner.Id.ToString(), shard.OwnerSilo);
        }
    }

    [Fact]
    public async Task ASiloThatComes_IsGivenItsShareOfEachStream()
    {
        var time = new FakeTimeProvider();
        await using var world = new NodeWorld(shards: 4) { Time = time };
        var one = await world.StartAsync();
        for (var stream = 0; stream < 3; stream++)
            await world.PassAsync(one.DeliverAsync(200, stream: $"stream-{stream}"));
        var two = await world.StartAsync();
        await time.PassUntilAsync(() => two.Node.Hosted.Count == 6 && one.Node.Hosted.Count == 6, TimeSpan.FromMilliseconds(50));

        for (var stream = 0; stream < 3; stream++)
        {
            Assert.Equal(2, Hosted(two, $"stream-{stream}").Length);
            await world.PassAsync(two.DeliverAsync(200, stream: $"stream-{stream}"));
        }
    }

    [Fact]
    public async Task ASiloThatLeaves_GivesTheOthersEqualParts_AndTheyKeepWhatTheyHave()
    {
        await using var world = new NodeWorld(shards: 12);
        var (one, two, three) = (await world.StartAsync(), await world.StartAsync(), await world.StartAsync());
        await one.DeliverAsync(200);
        var (first, second) = (Hosted(one, NodeWorld.Stream), Hosted(two, NodeWorld.Stream));
        Assert.Equal((4, 4, 4), (first.Length, second.Length, three.Node.Hosted.Count));
        await world.StopAsync(three);
        await one.DeliverAsync(200);

        var (firstNow, secondNow) = (Hosted(one, NodeWorld.Stream), Hosted(two, NodeWorld.Stream));
        Assert.Equal((6, 6), (firstNow.Length, secondNow.Length));
        Assert.Superset(first.ToHashSet(), firstNow.ToHashSet());
        Assert.Superset(second.ToHashSet(), secondNow.ToHashSet());
    }

    private static ShardKey[] Hosted(WorldSilo silo, string stream) => [.. silo.Node.Hosted.Keys.Where(s => s.Stream == stream)];
}
