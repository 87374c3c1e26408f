using Orleans.Kpl.Aggregation;
using Orleans.Kpl.Pipeline.Horizons.Waiting;
using Orleans.Kpl.Pipeline.Road.Accepting;
using Orleans.Kpl.Pipeline.Serving;
using Orleans.Kpl.Pipeline.Tests.Telemetry;
using Orleans.Kpl.Pipeline.Watching;

namespace Orleans.Kpl.Pipeline.Tests.Horizons;

/// <remarks>Tests <see cref="HorizonGate"/> and <see cref="AwaitedShards"/>.</remarks>
public sealed class HorizonGateTests
{
    private const long Much = 1 << 30;

    private static readonly PutOptions Brief = new() { TimeToLive = TimeSpan.FromSeconds(20) };

    /// <summary>An outcome may make room between two records of one key: the later one must not go ahead.</summary>
    [Fact]
    public void MustWait_ForAShardOnceFoundFull_ThoughItHasRoomMeanwhile()
    {
        using var parts = new StreamParts();
        parts.ShowShards(2);
        var lower = parts.Topology.Current.Find(0);
        lower.Horizon.Enter(Much);
        var waiting = new AwaitedShards(parts.Topology.Current, parts.Settings.Ttl);

        Assert.Equal((true, false), (waiting.MustWait(0), waiting.MustWait(UInt128.MaxValue)));
        lower.Horizon.Leave(Much);

        Assert.False(AwaitedShards.IsFull(lower, parts.Settings.Ttl));
        Assert.True(waiting.MustWait(0));
        Assert.False(new AwaitedShards(parts.Topology.Current, parts.Settings.Ttl).MustWait(0));
    }

    [Fact]
    public void MustWait_AfterAnotherMapIsInForce_GoesByTheMapOfTheBeginning()
    {
        using var parts = new StreamParts();
        parts.ShowShards(1);
        parts.Engine.Horizon.Enter(Much);
        var waiting = new AwaitedShards(parts.Topology.Current, parts.Settings.Ttl);
        Assert.True(waiting.MustWait(0));

        parts.ShowShards(2, firstId: 1);

        Assert.False(AwaitedShards.IsFull(parts.Topology.Current.Find(0), parts.Settings.Ttl));
        Assert.Equal((true, true), (waiting.MustWait(0), waiting.MustWait(UInt128.MaxValue)));
    }

    /// <summary>A shard that another silo serves counted as one with room, whatever had gone there, and in a tier no such put waited any more.</summary>
    [Fact]
    public void HasRoomEvenly_WhereNoShardHereHasRoom_GoesByWhatWentElsewhere()
    {
        using var parts = new StreamParts();
        parts.ShowShards(2);
        var even = new PutOptions { Routing = RoutingMode.Even };
        parts.Topology.Current.Find(0).Horizon.Enter(Much);
        Assert.True(parts.Horizon.HasRoomEvenly(even));

        _ = parts.Topology.Current.Find(UInt128.MaxValue).LeaveAsync();

        var elsewhere = parts.Topology.Current.Find(UInt128.MaxValue);
        Assert.True(elsewhere.IsElsewhere);
        Assert.True(parts.Horizon.HasRoomEvenly(even));
        elsewhere.Elsewhere!.WentElsewhere(parts.Settings.Ttl);
        Assert.False(parts.Horizon.HasRoomEvenly(even));
    }

    [Fact]
    public void TakeWaiting_WhereNoShardIsFull_AllocatesNothing()
    {
        using var parts = new StreamParts();
        parts.ShowShards(2);
        var batch = Prepared(100);
        Assert.True(parts.Horizon.MayWait(Brief));
        Assert.Null(parts.Horizon.TakeWaiting(batch, Brief, parts.Services.Batches));

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10; i++)
            parts.Horizon.TakeWaiting(batch, Brief, parts.Services.Batches);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    /// <summary>Few shards are asked before the records, and many only where a record is theirs.</summary>
    [Theory]
    [InlineData(2, 100)]
    [InlineData(100, 2)]
    public void TakeWaiting_WhereOnlyTheLastShardIsFull_TakesItsRecords_AndLeavesTheOthersInTheirOrder(int shards, int records)
    {
        using var parts = new StreamParts();
        parts.ShowShards(shards);
        var batch = Prepared(records);
        var last = parts.Topology.Current.Find(batch.Hashes.ToArray().Max());
        last.Horizon.Enter(Much);
        var isIts = batch.Hashes.ToArray().ToLookup(h => ReferenceEquals(parts.Topology.Current.Find(h), last));

        Assert.Equal(isIts[true], parts.Horizon.TakeWaiting(batch, Brief, parts.Services.Batches)?.Hashes.ToArray());
        Assert.Equal(isIts[false], batch.Hashes.ToArray());
    }

    [Fact]
    public async Task Put_WithATimeToLive_IsHashedOnce()
    {
        using var parts = new StreamParts();
        parts.ShowShards(2);
        var memory = new NotingMemory(parts);
        var whole = new WholeBatchIntake(parts.Settings, memory, parts.Acceptor, parts.Horizon, spill: null);
        var horizon = new HorizonAdmission(parts.Settings, parts.Services.Batches, parts.Acceptor, parts.Horizon, whole, memory, spill: null);
        var intake = new RecordIntake(parts.Settings, parts.Limit, parts.Services.Batches, parts.Acceptor, horizon);

        await intake.PutAsync(new UserRecord("key", new byte[1]), Brief, CancellationToken.None);
        await intake.PutAsync(new UserRecord("key", new byte[1]), null, CancellationToken.None);

        Assert.Equal([HashKey.OfPartitionKey("key"u8), null], memory.Known);
    }

    /// <summary>Puts over HTTP without an identity made a stream a shared one: a burst for one shard waited, and was refused after five seconds.</summary>
    [Theory]
    [InlineData(null, false)]
    [InlineData("", false)]
    [InlineData("a", true)]
    public void LittleIsLetInInAdvance_OnlyWhereCallersHaveIdentities(string? identity, bool isFull)
    {
        using var parts = new StreamParts();
        parts.ShowShards(1);
        Assert.False(parts.Horizon.MayWait(new PutOptions { Identity = identity }));

        parts.Engine.Horizon.Enter(1 << 20);

        Assert.Equal(isFull, parts.Engine.Horizon.IsFullFor(parts.Settings.Ttl));
    }

    /// <summary>Each put of such an identity counted as one that had waited, and so the alert that memory is full fired for a tier that was well.</summary>
    [Fact]
    public async Task Enter_OfAnIdentityBelowItsFairShare_CountsAsNoWait()
    {
        using var metrics = new MetricReader("AcceptWait");
        using var parts = new StreamParts(meters: metrics);
        var options = new PutOptions { Identity = "a" };
        Assert.False(parts.Horizon.MayWait(options));
        parts.ShowShards(1);
        var shard = parts.Engine.Horizon;
        var filled = 0;
        for (; !shard.IsFullFor(parts.Settings.Ttl); filled += 1_000)
            shard.Enter(1_000, 0);

        await EnterAsync().WaitAsync(Waiting.Long, TestContext.Current.CancellationToken);
        Assert.Equal(0, metrics.Of("AcceptWait").Count);

        shard.Enter(Much);
        var entering = EnterAsync();
        Assert.False(entering.IsCompleted);
        parts.Time.Advance(TimeSpan.FromSeconds(2));
        shard.Leave(Much);
        shard.Leave(filled, 0);
        await entering.WaitAsync(Waiting.Long, TestContext.Current.CancellationToken);
        Assert.Equal(new(1, 2_000), metrics.Of("AcceptWait"));

        Task EnterAsync() =>
            parts.Horizon.EnterAsync(new HorizonPermits(), 0, 100, 1, options, mustFit: false, TestContext.Current.CancellationToken).AsTask();
    }

    /// <summary>It had room for the part of one of the two shards, which filled their child, and waited there for itself.</summary>
    [Fact]
    public async Task EnterAll_WhereTwoOfItsShardsAreMergedMeanwhile_DoesNotWaitForItsOwnPermit()
    {
        using var parts = new StreamParts();
        var options = new PutOptions { Identity = "a" };
        Assert.False(parts.Horizon.MayWait(options));
        parts.ShowShards(2);
        var (lower, upper) = (parts.Topology.Current.Find(0).Horizon, parts.Topology.Current.Find(UInt128.MaxValue).Horizon);
        lower.Enter(Much);
        upper.Enter(Much);
        var batch = new PreparedBatch();
        UserRecord[] records = [.. Enumerable.Range(0, 500).Select(static n => new UserRecord($"key-{n}", new byte[1_000]))];
        batch.Read(records, 0, long.MaxValue, new BatchOutcome(records.Length), hashesKeys: true);
        var entering = parts.Horizon.EnterAllAsync([batch], [batch], options, mustFit: true, TestContext.Current.CancellationToken).AsTask();

        parts.ShowShards(1, firstId: 2);
        var merged = parts.Topology.Current.Find(0).Horizon;
        merged.Enter(Much);
        merged.Moved(Much, isUnderWay: true);
        lower.Leave(Much);
        // With a time-to-live that long it is full for those only who would stand behind others.
        await PipelineHarness.SettleAsync();
        Assert.True(merged.IsFullFor(long.MaxValue / 4));
        merged.Leave(Much, isUnsent: false);

        var permits = await entering.WaitAsync(Waiting.Long, TestContext.Current.CancellationToken);
        Assert.InRange(merged.Unsent.Bytes, 500_000, Much);
        permits.Dispose();
        Assert.Equal(0, merged.Unsent.Bytes);
    }

    private static PreparedBatch Prepared(int count)
    {
        var prepared = new PreparedBatch();
        prepared.Read(PipelineHarness.Records(count), 0, long.MaxValue, new BatchOutcome(count), hashesKeys: true);
        return prepared;
    }

    /// <summary>Notes which hash keys were known before.</summary>
    private sealed class NotingMemory(StreamParts parts)
        : MemoryAdmission(parts.Settings, parts.Memory, parts.Acceptor, parts.Clock, parts.Telemetry, parts.Services.Relieve)
    {
        public List<UInt128?> Known { get; } = [];

        public override ValueTask<EnqueuedRecord> AcceptAsync(in UserRecord record, long charge, in Offer offer, CancellationToken cancellationToken)
        {
            Known.Add(offer.HashKey);
            return base.AcceptAsync(record, charge, offer, cancellationToken);
        }
    }
}
