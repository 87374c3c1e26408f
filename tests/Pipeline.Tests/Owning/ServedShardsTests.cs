using Orleans.Kpl.Pipeline.Even;
using Orleans.Kpl.Pipeline.Flushing;
using Orleans.Kpl.Pipeline.Serving;
using Orleans.Kpl.Pipeline.Watching;

namespace Orleans.Kpl.Pipeline.Tests.Owning;

public sealed class ServedShardsTests : IDisposable
{
    private const string First = "shardId-000000000000";
    private const string Unknown = "shardId-000000000009";

    private readonly ProbeOwners _owners = new();
    private StreamParts _parts;

    public ServedShardsTests() => _parts = new StreamParts(static o => o.RecordMaxBufferedTime = TimeSpan.FromSeconds(20), _owners);

    public void Dispose() => _parts.Dispose();

    /// <summary>Another process serves the shard by now: what was held here went to Kinesis beside its records.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Close_WithoutPatience_BeginsNoCall_RoutesTheRest_AndSaysWhereTheBucketStands(bool isEmpty)
    {
        _parts.ShowShards(1);
        _parts.Shards.Open(First, isEmpty ? ShardLevel.Empty : null);
        _parts.Route(1);

        Assert.NotNull(await _parts.Shards.CloseAsync(First, Task.CompletedTask));
        await _parts.PassAsync(TimeSpan.FromSeconds(1));

        Assert.True(_parts.Engine.IsElsewhere);
        Assert.Empty(_parts.Kinesis.Calls);
        Assert.Equal([(First, "key-000001")], _owners.Forwarded);
    }

    /// <summary>The next owner charges them itself: what this one had charged for records in no call yet, the shard earned twice.</summary>
    [Fact]
    public async Task Close_WhileRecordsWaitForACall_HandsOverTheirTokens()
    {
        _parts.Dispose();
        _parts = new StreamParts(static o => o.MaxConnections = 1, _owners);
        _parts.ShowShards(1);
        _parts.Shards.Open(First, null);
        var answer = _parts.Kinesis.HoldPuts();
        await SendAsync(1);
        var (records, bytes) = _parts.Engine.Tokens.Level;
        await SendAsync(2);
        Assert.Equal(records - 1, _parts.Engine.Tokens.Level.Records);

        var closing = _parts.Shards.CloseAsync(First, Task.CompletedTask);
        answer.SetResult();

        Assert.Equal(new ShardLevel(records, bytes), await closing);
        Assert.Equal([(First, "key-000002")], _owners.Forwarded);
        Assert.Single(_parts.Kinesis.Calls);
    }

    /// <summary>Until the debt is earned nothing is sent, so what was let in with a short time-to-live expired.</summary>
    [Fact]
    public async Task Open_OfAShardInDebt_LetsInWhatCanWaitForIt()
    {
        _parts.ShowShards(1);
        _parts.Shards.Open(First, new ShardLevel(1_000, -9 << 20));

        Assert.True(_parts.Engine.Horizon.IsFullFor(TimeSpan.FromSeconds(5).Ticks));
        Assert.False(_parts.Engine.Horizon.IsFullFor(TimeSpan.FromSeconds(20).Ticks));
        await _parts.PassAsync(TimeSpan.FromSeconds(7));
        Assert.False(_parts.Engine.Horizon.IsFullFor(TimeSpan.FromSeconds(5).Ticks));
    }

    /// <summary>An even stream takes the tokens of what it sends elsewhere: the shard began in debt, and sent nothing for a second.</summary>
    [Fact]
    public void Open_OfAShardThatNobodyServed_BeginsAsANewShard()
    {
        _parts.ShowShards(1);
        var begin = _parts.Engine.Tokens.Level;
        for (var sent = 0; sent < 100; sent++)
            EngineTokens.LeftIn(_parts.Engine, UInt128.Zero);

        _parts.Shards.Open(First, null);

        Assert.Equal(begin, _parts.Engine.Tokens.Level);
    }

    /// <summary>It is paused when the call returns, though the close that is under way ends a little later.</summary>
    [Fact]
    public async Task Lose_OfAShardThatIsBeingClosed_BeginsNoCall()
    {
        _parts.ShowShards(1);
        _parts.Shards.Open(First, ShardLevel.Empty);
        _parts.Route(1);
        var closing = _parts.Shards.CloseAsync(First, new TaskCompletionSource().Task);

        var losing = _parts.Shards.LoseAsync(First, static e => Assert.Fail(e.ToString()));
        // There are tokens again before anything else runs.
        _parts.Time.Advance(TimeSpan.FromSeconds(1));
        await losing;
        Assert.NotNull(await closing);
        await _parts.PassAsync(TimeSpan.FromSeconds(1));

        Assert.Empty(_parts.Kinesis.Calls);
        Assert.Equal([(First, "key-000001")], _owners.Forwarded);
    }

    [Fact]
    public async Task Open_OfAShardThatNoMapShows_ReadsTheMapAgainForAWhile_AndEndsItsStay()
    {
        await _parts.Map.ReadAsync();
        _parts.Shards.Open(Unknown, null);
        await _parts.PassAsync(TimeSpan.FromSeconds(29));

        Assert.True(_parts.Shards.Expects(Unknown));
        Assert.False(_parts.Shards.Expects(First));
        Assert.InRange(_parts.Kinesis.Listings, 15, 25);
        Assert.Empty(_owners.Gone);
        await _parts.PassAsync(TimeSpan.FromSeconds(4));
        Assert.False(_parts.Shards.Expects(Unknown));
        Assert.Equal([Unknown], _owners.Gone);
    }

    /// <summary>A shard that came and went between two maps: what was put for it waited half a minute, and the map was read for ever.</summary>
    [Fact]
    public async Task Open_OfAShardThatCameAndWent_EndsItsStayAtOnce_AndReadsTheMapNoMore()
    {
        await _parts.Map.ReadAsync();
        _parts.Kinesis.Reshard(FakeKinesis.Even(1, 9));
        _parts.Kinesis.Reshard(FakeKinesis.Even(2, 10));
        _parts.Shards.Open(Unknown, null);
        Assert.True(_parts.Shards.Expects(Unknown));
        await _parts.PassAsync(TimeSpan.FromSeconds(1));

        Assert.False(_parts.Shards.Expects(Unknown));
        Assert.True(_parts.Shards.IsOver(Unknown));
        Assert.Equal([Unknown], _owners.Gone.Except(FakeKinesis.Even(2, 0).Select(static s => s.ShardId)));
        var listings = _parts.Kinesis.Listings;
        await _parts.PassAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(listings, _parts.Kinesis.Listings);
    }

    /// <summary>The answer to a record told of the shard, whose map has gone on; here it is opened, or was before.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Open_OfAShardThatIsRememberedAsClosed_EndsItsStayAtOnce(bool isOpenedBefore)
    {
        await _parts.Map.ReadAsync();
        if (isOpenedBefore)
            _parts.Shards.Open(Unknown, null);
        _parts.Topology.RememberClosed(FakeKinesis.Even(1, 9));
        if (!isOpenedBefore)
            _parts.Shards.Open(Unknown, null);
        Assert.False(_parts.Shards.Expects(Unknown));
        await PipelineHarness.SettleAsync();

        Assert.Equal([Unknown], _owners.Gone);
    }

    /// <summary>The stay that is sought for has ended; the next one is another.</summary>
    [Fact]
    public async Task Open_Anew_IsSoughtForAnew_AndEndsWithItsOwnSearch()
    {
        await _parts.Map.ReadAsync();
        _parts.Shards.Open(Unknown, null);
        await _parts.Shards.CloseAsync(Unknown, Task.CompletedTask);
        Assert.False(_parts.Shards.Expects(Unknown));
        _parts.Shards.Open(Unknown, null);
        await _parts.PassAsync(TimeSpan.FromSeconds(1));

        Assert.True(_parts.Shards.Expects(Unknown));
        Assert.Empty(_owners.Gone);
    }

    /// <summary>A map that shows the shard comes while it is sought: the stay goes on.</summary>
    [Fact]
    public async Task Open_OfAShardThatALaterMapShows_GoesOn()
    {
        await _parts.Map.ReadAsync();
        _parts.Shards.Open(Unknown, null);
        await _parts.PassAsync(TimeSpan.FromSeconds(1));
        _parts.Kinesis.Reshard(FakeKinesis.Even(1, 9));
        await _parts.PassAsync(TimeSpan.FromSeconds(3));

        Assert.False(_parts.Shards.Expects(Unknown));
        Assert.True(_parts.Engine.IsOpen);
        Assert.DoesNotContain(Unknown, _owners.Gone);
    }

    /// <summary>Whose turn it is was not found out: the former owner may still be sending.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Open_WhereTakingTheShardFails_SendsNothing_UntilItIsOpenedAgain(bool isCancelled)
    {
        KeepOrder();
        _parts.ShowShards(1);
        var taking = new TaskCompletionSource();
        _parts.Shards.Open(First, null, taking.Task);
        _parts.Route(1, ttlSeconds: 3);
        _parts.Engine.FlushNow();
        if (isCancelled)
            taking.SetCanceled(TestContext.Current.CancellationToken);
        else
            taking.SetException(new TimeoutException("no answer"));
        await PipelineHarness.SettleAsync();
        _parts.Time.Advance(TimeSpan.FromSeconds(5));
        await PipelineHarness.SettleAsync();
        Assert.Empty(_parts.Kinesis.Calls);

        await _parts.Shards.CloseAsync(First, Task.CompletedTask);
        _parts.Shards.Open(First, null, Task.CompletedTask);
        _parts.Route(2);
        _parts.Engine.FlushNow();
        await PipelineHarness.SettleAsync();
        _parts.Time.Advance(TimeSpan.FromSeconds(1));
        await PipelineHarness.SettleAsync();
        Assert.NotEmpty(_parts.Kinesis.Calls);
    }

    /// <summary>Its owner gave it back, for it was in no map any more; the owners of its children began beside its last call.</summary>
    [Fact]
    public async Task Close_OfAShardThatWasSplit_EndsWithItsLastCall()
    {
        KeepOrder();
        _parts.Kinesis.CreateAgain(shards: 1);
        _parts.ShowShards(1);
        _parts.Shards.Open(First, null);
        var answer = new TaskCompletionSource();
        _parts.Kinesis.BeforePut = (_, _) => new ValueTask(answer.Task);
        var sink = _parts.Route(1);
        _parts.Engine.FlushNow();
        await _parts.PassAsync(TimeSpan.FromSeconds(1));
        Assert.Single(_parts.Kinesis.Calls);

        Assert.False(_parts.Shards.IsOver(First));
        _parts.ShowShards(2, firstId: 1);
        Assert.True(_parts.Shards.IsOver(First));
        Assert.Equal([First], _owners.Gone);
        var closing = _parts.Shards.CloseAsync(First, Task.CompletedTask);
        await _parts.PassAsync(TimeSpan.FromSeconds(1));
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
        _parts.Kinesis.CreateAgain(shards: 1);
        if (shardId == First)
            await _parts.Map.ReadAsync();
        _parts.Kinesis.Reshard(FakeKinesis.Even(2, firstId: 1));
        if (shardId != First)
            await _parts.Map.ReadAsync();

        Assert.Equal(before, await _parts.Shards.ListBeforeAsync(shardId, TestContext.Current.CancellationToken));
    }

    /// <summary>Routes a record, and has it sent as soon as a call may begin.</summary>
    private Task SendAsync(int number)
    {
        _parts.Route(number);
        _parts.Engine.FlushNow();
        _parts.Sender.Expedite(_parts.Clock.Now);
        return PipelineHarness.SettleAsync();
    }

    /// <summary>The stream is an ordered one.</summary>
    private void KeepOrder()
    {
        _parts.Dispose();
        _parts = new StreamParts(static o => o.Ordered = OrderedMode.PutRecords, _owners);
    }
}
