using Orleans.Kpl.Pipeline.Flushing;
using Orleans.Kpl.Pipeline.Serving;

namespace Orleans.Kpl.Pipeline.Tests.Owning;

public sealed class ServedShardsTests
{
    private const string First = "shardId-000000000000";
    private const string Unknown = "shardId-000000000009";

    [Fact]
    public void Open_BeforeTheMapShowsTheShard_OpensItsEngineWhenItDoes()
    {
        using var parts = new StreamParts(owners: new ProbeOwners());
        parts.Shards.Open(First, null);
        parts.ShowShards(2);

        Assert.Equal([true, false], parts.Topology.Current.Engines.ToArray().Select(e => e.IsOpen));
    }

    /// <summary>Another process serves the shard by now: what was held here went to Kinesis beside its records.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Close_WithoutPatience_BeginsNoCall_RoutesTheRest_AndSaysWhereTheBucketStands(bool isEmpty)
    {
        var owners = new ProbeOwners();
        using var parts = new StreamParts(static o => o.RecordMaxBufferedTime = TimeSpan.FromSeconds(20), owners);
        parts.ShowShards(1);
        parts.Shards.Open(First, isEmpty ? ShardLevel.Empty : null);
        parts.Route(1);

        Assert.NotNull(await parts.Shards.CloseAsync(First, Task.CompletedTask));
        await parts.PassAsync(TimeSpan.FromSeconds(1));

        Assert.True(parts.Engine.IsElsewhere);
        Assert.Empty(parts.Kinesis.Calls);
        Assert.Equal([(First, "key-000001")], owners.Forwarded);
    }

    /// <summary>It is paused when the call returns, though the close that is under way ends a little later.</summary>
    [Fact]
    public async Task Lose_OfAShardThatIsBeingClosed_BeginsNoCall()
    {
        var owners = new ProbeOwners();
        using var parts = new StreamParts(static o => o.RecordMaxBufferedTime = TimeSpan.FromSeconds(20), owners);
        parts.ShowShards(1);
        parts.Shards.Open(First, ShardLevel.Empty);
        parts.Route(1);
        var closing = parts.Shards.CloseAsync(First, new TaskCompletionSource().Task);

        var losing = parts.Shards.LoseAsync(First, static e => Assert.Fail(e.ToString()));
        // There are tokens again before anything else runs.
        parts.Time.Advance(TimeSpan.FromSeconds(1));
        await losing;
        Assert.NotNull(await closing);
        await parts.PassAsync(TimeSpan.FromSeconds(1));

        Assert.Empty(parts.Kinesis.Calls);
        Assert.Equal([(First, "key-000001")], owners.Forwarded);
    }

    [Fact]
    public async Task Open_OfAShardThatNoMapShows_ReadsTheMapAgainForAWhile_AndEndsItsStay()
    {
        var owners = new ProbeOwners();
        using var parts = new StreamParts(owners: owners);
        await parts.Map.ReadAsync();
        parts.Shards.Open(Unknown, null);
        await parts.PassAsync(TimeSpan.FromSeconds(29));

        Assert.True(parts.Shards.Expects(Unknown));
        Assert.False(parts.Shards.Expects(First));
        Assert.InRange(parts.Kinesis.Listings, 15, 25);
        Assert.Empty(owners.Gone);
        await parts.PassAsync(TimeSpan.FromSeconds(4));
        Assert.False(parts.Shards.Expects(Unknown));
        Assert.Equal([Unknown], owners.Gone);
    }

    /// <summary>A shard that came and went between two maps: what was put for it waited half a minute, and the map was read for ever.</summary>
    [Fact]
    public async Task Open_OfAShardThatCameAndWent_EndsItsStayAtOnce_AndReadsTheMapNoMore()
    {
        var owners = new ProbeOwners();
        using var parts = new StreamParts(owners: owners);
        await parts.Map.ReadAsync();
        parts.Kinesis.Reshard(FakeKinesis.Even(1, 9));
        parts.Kinesis.Reshard(FakeKinesis.Even(2, 10));
        parts.Shards.Open(Unknown, null);
        Assert.True(parts.Shards.Expects(Unknown));
        await parts.PassAsync(TimeSpan.FromSeconds(1));

        Assert.False(parts.Shards.Expects(Unknown));
        Assert.True(parts.Shards.IsOver(Unknown));
        Assert.Equal([Unknown], owners.Gone.Except(FakeKinesis.Even(2, 0).Select(static s => s.ShardId)));
        var listings = parts.Kinesis.Listings;
        await parts.PassAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(listings, parts.Kinesis.Listings);
    }

    /// <summary>The answer to a record told of the shard, whose map has gone on; here it is opened, or was before.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Open_OfAShardThatIsRememberedAsClosed_EndsItsStayAtOnce(bool isOpenedBefore)
    {
        var owners = new ProbeOwners();
        using var parts = new StreamParts(owners: owners);
        await parts.Map.ReadAsync();
        if (isOpenedBefore)
            parts.Shards.Open(Unknown, null);
        parts.Topology.RememberClosed(FakeKinesis.Even(1, 9));
        if (!isOpenedBefore)
            parts.Shards.Open(Unknown, null);
        Assert.False(parts.Shards.Expects(Unknown));
        await PipelineHarness.SettleAsync();

        Assert.Equal([Unknown], owners.Gone);
    }

    /// <summary>The stay that is sought for has ended; the next one is another.</summary>
    [Fact]
    public async Task Open_Anew_IsSoughtForAnew_AndEndsWithItsOwnSearch()
    {
        var owners = new ProbeOwners();
        using var parts = new StreamParts(owners: owners);
        await parts.Map.ReadAsync();
        parts.Shards.Open(Unknown, null);
        await parts.Shards.CloseAsync(Unknown, Task.CompletedTask);
        Assert.False(parts.Shards.Expects(Unknown));
        parts.Shards.Open(Unknown, null);
        await parts.PassAsync(TimeSpan.FromSeconds(1));

        Assert.True(parts.Shards.Expects(Unknown));
        Assert.Empty(owners.Gone);
    }

    /// <summary>A map that shows the shard comes while it is sought: the stay goes on.</summary>
    [Fact]
    public async Task Open_OfAShardThatALaterMapShows_GoesOn()
    {
        var owners = new ProbeOwners();
        using var parts = new StreamParts(owners: owners);
        await parts.Map.ReadAsync();
        parts.Shards.Open(Unknown, null);
        await parts.PassAsync(TimeSpan.FromSeconds(1));
        parts.Kinesis.Reshard(FakeKinesis.Even(1, 9));
        await parts.PassAsync(TimeSpan.FromSeconds(3));

        Assert.False(parts.Shards.Expects(Unknown));
        Assert.True(parts.Engine.IsOpen);
        Assert.DoesNotContain(Unknown, owners.Gone);
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

    /// <summary>Its owner gave it back, for it was in no map any more; the owners of its children began beside its last call.</summary>
    [Fact]
    public async Task Close_OfAShardThatWasSplit_EndsWithItsLastCall()
    {
        var owners = new ProbeOwners();
        using var parts = new StreamParts(static o => o.Ordered = OrderedMode.PutRecords, owners);
        parts.Kinesis.CreateAgain(shards: 1);
        parts.ShowShards(1);
        parts.Shards.Open(First, null);
        var answer = new TaskCompletionSource();
        parts.Kinesis.BeforePut = (_, _) => new ValueTask(answer.Task);
        var sink = parts.Route(1);
        parts.Engine.FlushNow();
        await parts.PassAsync(TimeSpan.FromSeconds(1));
        Assert.Single(parts.Kinesis.Calls);

        parts.ShowShards(2, firstId: 1);
        Assert.Equal([First], owners.Gone);
        var closing = parts.Shards.CloseAsync(First, Task.CompletedTask);
        await parts.PassAsync(TimeSpan.FromSeconds(1));
        Assert.False(closing.IsCompleted);
        answer.SetResult();

        Assert.Null(await closing);
        Assert.Equal(RecordStatus.Delivered, sink.Result.Status);
    }

    [Theory]
    [InlineData("shardId-000000000001", new[] { First })]
    [InlineData(First, new string[0])]
    public async Task ListBefore_AShard_NamesThoseThatWereClosedForIt(string shardId, string[] before)
    {
        using var parts = new StreamParts(owners: new ProbeOwners());
        parts.Kinesis.CreateAgain(shards: 1);
        if (shardId == First)
            await parts.Map.ReadAsync();
        parts.Kinesis.Reshard(FakeKinesis.Even(2, firstId: 1));
        if (shardId != First)
            await parts.Map.ReadAsync();

        Assert.Equal(before, await parts.Shards.ListBeforeAsync(shardId, TestContext.Current.CancellationToken));
    }
}
