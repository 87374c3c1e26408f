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

    /// <summary>A shard that came and went between two maps: what was put for it waited half a minute.</summary>
    [Fact]
    public async Task Expects_AShardThatNoMapWillShow_IsOverAtOnce_UntilItIsOpenedAnew()
    {
        using var parts = new StreamParts(owners: new ProbeOwners());
        await parts.Map.ReadAsync();
        parts.Shards.Open("shardId-000000000009", null);
        Assert.True(parts.Shards.Expects("shardId-000000000009"));

        parts.Shards.ExpectNoMore("shardId-000000000009");
        parts.Shards.ExpectNoMore("shardId-000000000010");

        Assert.False(parts.Shards.Expects("shardId-000000000009"));
        await parts.Shards.CloseAsync("shardId-000000000009", Task.CompletedTask);
        parts.Shards.Open("shardId-000000000009", null);
        Assert.True(parts.Shards.Expects("shardId-000000000009"));
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

    /// <summary>Whose turn it is was not found out: the former owner may still be sending.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Open_WhereTakingTheShardFails_SendsNothing_UntilItIsOpenedAgain(bool isCancelled)
    {
        using var parts = new StreamParts(o => o.Ordered = OrderedMode.PutRecords, new ProbeOwners());
        parts.ShowShards(1);
        var taking = new TaskCompletionSource();
        parts.Shards.Open(First, null, taking.Task);
        parts.Route(1, ttlSeconds: 3);
        parts.Engine.FlushNow();
        if (isCancelled)
            taking.SetCanceled(TestContext.Current.CancellationToken);
        else
            taking.SetException(new TimeoutException("no answer"));
        await PipelineHarness.SettleAsync();
        parts.Time.Advance(TimeSpan.FromSeconds(5));
        await PipelineHarness.SettleAsync();
        Assert.Empty(parts.Kinesis.Calls);

        await parts.Shards.CloseAsync(First, Task.CompletedTask);
        parts.Shards.Open(First, null, Task.CompletedTask);
        parts.Route(2);
        parts.Engine.FlushNow();
        await PipelineHarness.SettleAsync();
        parts.Time.Advance(TimeSpan.FromSeconds(1));
        await PipelineHarness.SettleAsync();
        Assert.NotEmpty(parts.Kinesis.Calls);
    }
}
