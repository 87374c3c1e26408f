using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Accepting;
using Orleans.Kpl.Pipeline.Aggregation;
using Orleans.Kpl.Pipeline.Engines;
using Orleans.Kpl.Pipeline.Limiting;
using Orleans.Kpl.Pipeline.Ordering;
using Orleans.Kpl.Pipeline.Outcomes;
using Orleans.Kpl.Pipeline.Owning;
using Orleans.Kpl.Pipeline.Routing;
using Orleans.Kpl.Pipeline.Scaling.Load;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline;

/// <summary>What a cluster needs besides: shards that come and go between processes. Embedded none of this is called.</summary>
internal sealed partial class StreamPipeline
{
    /// <summary>A shard that is to be served here, and that no map shows yet, is looked for so often.</summary>
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromMilliseconds(250);

    /// <summary>Accept, for records that came in one message; their ends go to the batch one by one.</summary>
    public ValueTask EnqueueAsync(PackedRecords records, IBatchEnds batch, PutOptions? options, CancellationToken cancellationToken) =>
        _ordered is null
            ? _intake.EnqueueAsync(new PackedSource(records), batch, options, cancellationToken)
            : _ordered.EnqueueAsync(new PackedSource(records), batch, options, cancellationToken);

    /// <summary>This process serves the shard from now on.</summary>
    /// <param name="shardId">The shard; the map need not show it yet.</param>
    /// <param name="level">Where its bucket stands; null for a shard that nobody served before.</param>
    /// <param name="from">Records are taken in at once; they are sent when this has ended.</param>
    public void OpenShard(string shardId, ShardLevel? level, Task? from = null) => _shards.Open(_topology, shardId, level, from ?? Task.CompletedTask);

    /// <summary>This process serves the shard no more; see <see cref="OpenShards.CloseAsync"/>.</summary>
    public Task<ShardLevel?> CloseShardAsync(string shardId, Task patience) => _shards.CloseAsync(_topology, shardId, patience);

    /// <summary>The clock of every instant that records carry.</summary>
    public MonotonicClock Clock => _services.Clock;

    /// <summary>Whether the stream's records keep their order.</summary>
    public bool IsOrdered => _settings.Options.Ordered != OrderedMode.Off;

    /// <summary>Rented for a batch of guests.</summary>
    public BatchPool Batches => _services.Batches;

    /// <summary>Nothing that is open waits for company any more.</summary>
    public void MakeAllDue()
    {
        foreach (var engine in _topology.Current.All)
            engine.FlushNow();
        _sender.Expedite();
    }

    /// <summary>Counts records of another process in: its flushes wait for nobody, those of this process for its guests too.</summary>
    public FlushGeneration EnterGuests(int count) => _barrier.Enter(count);

    /// <summary>Records of another process, whose sink is a <see cref="GuestSink"/>, are routed like any other.</summary>
    public void TakeGuests(PreparedBatch guests)
    {
        Route(guests);
        SeeToMap(_services.Clock.Now);
    }

    /// <summary>Takes records of one shard that another process accepted, all or none; none when the shard is not served here. Ordered streams only.</summary>
    public bool TryTakeGuests(string shardId, PreparedBatch guests)
    {
        Span<int> picks = stackalloc int[guests.Count];
        for (var i = 0; i < picks.Length; i++)
            picks[i] = i;
        if (_topology.EngineOf(shardId) is not { } engine || !engine.Range.ContainsAll(guests.Hashes) || !engine.TryAppend(guests, picks))
            return false;
        SeeToMap(_services.Clock.Now);
        return true;
    }

    /// <summary>The shard is to be served here, and the map in force does not show it yet: it is read again.</summary>
    public bool Expects(string shardId)
    {
        if (!_shards.Expects(_topology, shardId))
            return false;
        RefreshMap();
        return true;
    }

    /// <summary>Whether the shard was open once and is closed for good.</summary>
    public bool IsOver(string shardId) => _topology.IsOver(shardId);

    /// <summary>
    /// The shards that are older than this one and whose hash keys are partly its own now, as far as Kinesis still tells or told this process. Waits for a map
    /// that shows the shard.
    /// </summary>
    /// <exception cref="Sending.KinesisException">The closed shards cannot be listed now.</exception>
    public async Task<IReadOnlyList<string>> ListShardsBeforeAsync(string shardId, CancellationToken cancellationToken)
    {
        ShardRange? range;
        while ((range = _topology.RangeOf(shardId)) is null)
        {
            if (!await _map.ReadAsync().WaitAsync(cancellationToken).ConfigureAwait(false) || _topology.RangeOf(shardId) is null)
                await Task.Delay(LookAgainAfter, _services.Clock.Time, cancellationToken).ConfigureAwait(false);
        }

        return _topology.Before(range, await _map.ListClosedAsync(cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Guests that cannot be taken in after all go back.</summary>
    public static void GiveBack(PreparedBatch guests)
    {
        for (var i = 0; i < guests.Count; i++)
            RecordEnder.GiveBack(guests.Record(i).Member, null);
    }

    /// <summary>
    /// A record of an ordered stream that went to its shard and came back, not delivered: its place is before everything that has not gone.
    /// One that another process accepted goes back there: only there it is known what goes before it.
    /// </summary>
    public void TakeBack(in IncomingRecord record)
    {
        if (record.Member.Sink is GuestSink)
        {
            RecordEnder.GiveBack(record.Member, record.History);
            return;
        }

        while (!_stopped)
        {
            var engine = _topology.Current.Find(record.HashKey);
            if (engine.Lane is { } lane ? lane.TryTakeBack(record) : engine.TryAppend(record))
                return;
        }

        FailShutDown(record);
    }

    /// <summary>A record that was given away and came back, not delivered: it goes its way from the routing on.</summary>
    public void RouteAgain(in IncomingRecord record) => Route(record);

    /// <summary>Records that were given to their shards' owners have come to their ends.</summary>
    public void EndForwarded(ReadOnlySpan<ForwardedEnd> ends) => _ender.EndForwarded(ends);

    /// <summary>The open shards that are served here, and what was seen of each; null where nothing was sent for it yet.</summary>
    public IReadOnlyList<(string ShardId, ShardLoadReport? Report)> LoadReports() =>
        [.. _topology.Current.All.Where(static e => e is { Kind: EngineKind.Predicted, IsElsewhere: false }).Select(static e => (e.Range.ShardId, e.Load))];

    /// <summary>There is reason to believe that the map has changed.</summary>
    public void RefreshMap() => _ = _map.ReadAsync();

    private void SendAgain(in IncomingRecord record)
    {
        if (_keepsLanes)
            TakeBack(record);
        else
            Route(record);
    }

    private void FailShutDown(in IncomingRecord record)
    {
        var content = new AggregateMember(record.PartitionKey.ToArray(), record.HasExplicitHashKey ? record.HashKey : null, record.Data.ToArray());
        _ender.Fail(content, record.Member, FailureReason.For(record.History, RecordErrorCodes.Shutdown, ShutDown, null));
    }

    private ShardEngine NewEngine(ShardRange range, EngineKind kind)
    {
        var isShared = _services.Owners is not null && kind == EngineKind.Predicted;
        var sharesLock = kind == EngineKind.Predicted && !_settings.KeepsOrder;
        var engine = new ShardEngine(_engineServices, range, kind, isOpen: !isShared, sharesLock ? _gates.Of(range) : null);
        if (!isShared)
            return engine;
        if (_settings.KeepsOrder)
            engine.Lane = _owners!.NewLane(engine);
        _shards.Adopt(engine);
        return engine;
    }
}
