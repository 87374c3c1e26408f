using Orleans.Kpl.Pipeline.Limiting;
using Orleans.Kpl.Pipeline.Tests.Simulation;

namespace Orleans.Kpl.Pipeline.Tests.Owning;

public sealed class ServedShardsTests
{
    private const string First = "shardId-000000000000";

    [Fact]
    public void Open_BeforeTheMapShowsTheShard_OpensItsEngineWhenItDoes()
    {
        using var parts = new StreamParts(owners: new ProbeOwners());
        parts.Shards.Open(First, null);
        parts.ShowShards(2);

        Assert.Equal([true, false], parts.Topology.Current.Engines.ToArray().Select(e => e.IsOpen));
    }

    [Fact]
    public async Task Close_RoutesWhatCouldNotLeaveInTime_AndSaysWhereTheBucketStands()
    {
        var owners = new ProbeOwners();
        using var parts = new StreamParts(o => o.RecordMaxBufferedTime = TimeSpan.FromSeconds(20), owners);
        parts.ShowShards(1);
        parts.Shards.Open(First, ShardLevel.Empty);
        parts.Route(1);

        var level = await parts.Shards.CloseAsync(First, Task.CompletedTask);

        Assert.Equal([(First, "key-000001")], owners.Forwarded);
        Assert.NotNull(level);
        Assert.True(parts.Engine.IsElsewhere);
    }

    [Fact]
    public async Task Expects_AShardThatNoMapShowsYet_ReadsTheMapAgain_ForAWhile()
    {
        using var parts = new StreamParts(owners: new ProbeOwners());
        await parts.Map.ReadAsync();
        parts.Shards.Open("shardId-000000000009", null);

        Assert.True(parts.Shards.Expects("shardId-000000000009"));
        Assert.False(parts.Shards.Expects(First));
        await PipelineHarness.SettleAsync();
        Assert.Equal(2, parts.Kinesis.Listings);
        parts.Time.Advance(TimeSpan.FromSeconds(31));
        Assert.False(parts.Shards.Expects("shardId-000000000009"));
    }

    [Fact]
    public void IsOver_OfAShardThatTheMapShowsNoMore_AndItsOwnersAreTold()
    {
        var owners = new ProbeOwners();
        using var parts = new StreamParts(owners: owners);
        parts.ShowShards(1);
        Assert.False(parts.Shards.IsOver(First));
        parts.ShowShards(2, firstId: 1);
        Assert.True(parts.Shards.IsOver(First));
        Assert.Equal([First], owners.Gone);
    }
}
