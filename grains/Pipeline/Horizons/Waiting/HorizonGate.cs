using Orleans.Kpl.Pipeline.Maps.Following;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Outcomes;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Road.Routing;
using Orleans.Kpl.Pipeline.Serving;
using Orleans.Kpl.Pipeline.Settings;
using Orleans.Kpl.Pipeline.Timing;
using Orleans.Kpl.Pipeline.Watching;

namespace Orleans.Kpl.Pipeline.Horizons.Waiting;

/// <summary>
/// Holds back records whose shard already has what it can take in half of their time-to-live. Records of other shards pass, and so do records that
/// no time-to-live ends: those that are persisted.
/// </summary>
/// <param name="passes">Whether the records of a put are let pass, because no time-to-live ends them; null for none.</param>
internal sealed class HorizonGate(
    PipelineSettings settings, MonotonicClock clock, IRoadEvents events, StreamHorizon horizon, ShardTopology topology,
    Func<PutOptions?, bool>? passes = null)
{
    /// <summary>Only where callers wait do they have turns; on an ordered stream they wait for each other.</summary>
    private readonly bool _takesTurns = settings.Options.HighWaterMode == HighWaterMode.Block && !settings.KeepsOrder;

    /// <summary>
    /// Whether any record of such a put may have to wait. Without a time-to-live of the put's own it costs a read while no shard has more than it can take.
    /// </summary>
    /// <remarks>
    /// <see cref="StreamHorizon.IsReached"/> goes by the stream's time-to-live, so the shards are asked for every put that has another one. All clients'
    /// messages have: what is left of theirs. Asking is not waiting; a message that has to wait is refused after a quarter of a second.
    /// </remarks>
    public bool MayWait(PutOptions? options)
    {
        if (_takesTurns)
            horizon.Note(options?.Identity);
        return (horizon.IsReached || options?.TimeToLive is not null || GoOneByOne(options)) && passes?.Invoke(options) != true;
    }

    /// <summary>
    /// Whether records of such a put that bring no hash key of their own need not wait, because they go to the shard that has most room, and one has some.
    /// A shard that is served elsewhere keeps no door open where nobody counts what goes there.
    /// </summary>
    public bool HasRoomEvenly(PutOptions? options)
    {
        if (options is not { Routing: RoutingMode.Even } || settings.KeepsOrder)
            return false;
        var ttl = TtlOf(options);
        foreach (var engine in topology.Current.Engines)
        {
            if ((!engine.IsElsewhere || engine.Elsewhere is not null) && !AwaitedShards.IsFull(engine, ttl))
                return true;
        }

        return false;
    }

    /// <summary>Returns the horizon for which a record of such a put must wait; null where it need not.</summary>
    /// <param name="records">How many records it is, where they go one by one.</param>
    public ShardHorizon? Find(UInt128 hashKey, PutOptions? options, int records = 1)
    {
        var engine = topology.Current.Find(hashKey);
        return HasRoom(engine, TtlOf(options), records) ? null : engine.Horizon;
    }

    /// <summary>Moves the records of a batch that must wait to another one. Null where none must.</summary>
    public PreparedBatch? TakeWaiting(PreparedBatch batch, PutOptions? options, BatchPool pool)
    {
        if (HasRoomEvenly(options) && HasNoOwnHashKeys(batch))
            return null;
        var (routes, ttl, goOneByOne) = (topology.Current, TtlOf(options), GoOneByOne(options));
        // What the records are asked is allocated only where some may have to wait.
        return AllHaveRoom(routes, ttl, batch, goOneByOne ? batch.Count : 1)
            ? null
            : Take(batch, new AwaitedShards(routes, ttl, goOneByOne), pool);
    }

    /// <summary>Moves the records of one batch's parts that must wait to other parts. Empty where none must.</summary>
    public List<PreparedBatch> TakeWaiting(IReadOnlyList<PreparedBatch> parts, PutOptions? options, BatchPool pool)
    {
        if (HasRoomEvenly(options) && parts.All(HasNoOwnHashKeys))
            return [];
        var shards = new AwaitedShards(topology.Current, TtlOf(options), GoOneByOne(options));
        return [.. parts.Select(p => Take(p, shards, pool)).OfType<PreparedBatch>()];
    }

    /// <summary>
    /// Waits until the shard of a record can take it and others of the same shard. They count as waiting for it until the permits are disposed, after
    /// they were routed.
    /// </summary>
    /// <param name="permits">Gets the permit. What it has already is of the same batch.</param>
    /// <param name="hashKey">A hash key of the shard.</param>
    /// <param name="mustFit">Whether they wait even for an idle shard where they are more than it takes in time.</param>
    /// <exception cref="OperationCanceledException">The caller cancelled; nothing is counted.</exception>
    public async ValueTask EnterAsync(
        HorizonPermits permits, UInt128 hashKey, long bytes, int count, PutOptions? options, bool mustFit, CancellationToken cancellationToken)
    {
        // In aggregates, user records are no records for Kinesis.
        var records = GoOneByOne(options) || AreAlone(options) ? count : 0;
        var needed = Math.Max(1, records);
        var shard = Find(hashKey, options, needed);
        if (shard is null)
            return;
        var (since, waits) = (clock.Now, false);
        try
        {
            for (; shard is not null; shard = Find(hashKey, options, needed))
            {
                // Two shards of the batch were merged meanwhile: what fills the one they are now may be the batch's own permit.
                if (permits.Hold(shard))
                {
                    shard.Enter(bytes, records);
                    permits.Add(shard, bytes, records);
                    return;
                }

                // An identity below its fair share is let in at once.
                var entering = shard.EnterAsync(TtlOf(options), bytes, records, options?.Identity, mustFit, cancellationToken);
                waits |= !entering.IsCompleted;
                await entering.ConfigureAwait(false);
                if (ReferenceEquals(topology.Current.Find(hashKey).Horizon, shard))
                {
                    permits.Add(shard, bytes, records);
                    return;
                }

                // The shard was replaced meanwhile, and its successor may be full too.
                shard.Leave(bytes, records);
            }
        }
        finally
        {
            if (waits)
                events.Waited(clock.AgeOf(since));
        }
    }

    /// <summary>
    /// Waits until each shard of these records can take its own. It goes by the hash keys, so that no two callers wait for each other. The permits
    /// count until they are disposed.
    /// </summary>
    /// <param name="parts">The records whose shards have room for them. They are let in with those that wait.</param>
    /// <param name="waiting">The records that wait.</param>
    /// <param name="mustFit">Whether they wait even for an idle shard where they are more than it takes in time.</param>
    /// <exception cref="OperationCanceledException">The caller cancelled; nothing is counted.</exception>
    public async ValueTask<HorizonPermits> EnterAllAsync(
        IReadOnlyList<PreparedBatch> parts, IReadOnlyList<PreparedBatch> waiting, PutOptions? options, bool mustFit, CancellationToken cancellationToken)
    {
        var permits = new HorizonPermits();
        try
        {
            foreach (var (hashKey, bytes, count) in SharesOf(parts, waiting, options))
                await EnterAsync(permits, hashKey, bytes, count, options, mustFit, cancellationToken).ConfigureAwait(false);
            return permits;
        }
        catch
        {
            permits.Dispose();
            throw;
        }
    }

    /// <summary>Whether waiting may help: no shard gets more records that go one by one than it takes in half of their time-to-live.</summary>
    public bool MayFit(IReadOnlyList<PreparedBatch> parts, IReadOnlyList<PreparedBatch> waiting, PutOptions? options)
    {
        if (!GoOneByOne(options))
            return true;
        var ttl = TtlOf(options);
        return SharesOf(parts, waiting, options).All(s => s.Count <= topology.Current.Find(s.HashKey).Horizon.MostFor(ttl));
    }

    /// <summary>
    /// Moves to another batch the records whose shard is that of the first one now. Where they go one by one, it is no more than an eighth of what may
    /// wait for the shard, so that all that is let in is delivered in time.
    /// </summary>
    public void TakeFirstShard(PreparedBatch waiting, PreparedBatch ofShard, PutOptions? options)
    {
        var routes = topology.Current;
        var engine = routes.Find(waiting.Hashes[0]);
        var left = GoOneByOne(options) && !engine.IsElsewhere ? Math.Max(1, engine.Horizon.MostFor(TtlOf(options)) / 8) : int.MaxValue;
        waiting.MoveTo(ofShard, hashKey => left > 0 && ReferenceEquals(routes.Find(hashKey), engine) && left-- > 0);
    }

    /// <summary>Refuses records of a shard to a caller who puts them again.</summary>
    public Refusal RefusalOf(UInt128 hashKey)
    {
        var shard = topology.Current.Find(hashKey).Range;
        return ShardRefusal.By((shard.StartingHashKey, shard.EndingHashKey));
    }

    /// <summary>Rejects the callers that wait.</summary>
    public void Close(string reason) => horizon.Close(reason);

    /// <summary>Whether one Kinesis record of a shard is under way at a time, and each of these records is one.</summary>
    private bool GoOneByOne(PutOptions? options) => settings.KeepsOrder && AreAlone(options);

    private bool AreAlone(PutOptions? options) => !settings.Options.AggregationEnabled || options is { Alone: true };

    private static bool HasNoOwnHashKeys(PreparedBatch batch)
    {
        for (var pick = 0; pick < batch.Count; pick++)
        {
            if (batch.IsExplicit(pick))
                return false;
        }

        return true;
    }

    // Nobody here knows the round trip of a shard that is served elsewhere.
    private static bool HasRoom(ShardEngine engine, long ttl, int records) =>
        engine.IsElsewhere ? !AwaitedShards.IsFull(engine, ttl) : engine.Horizon.RoomFor(ttl) >= records;

    /// <summary>
    /// Whether each shard of a batch's records has room for so many, as it mostly has. Where there are fewer shards than records, all are asked.
    /// </summary>
    private static bool AllHaveRoom(Routes routes, long ttl, PreparedBatch batch, int records)
    {
        if (routes.Engines.Length < batch.Count)
        {
            foreach (var engine in routes.Engines)
            {
                if (!HasRoom(engine, ttl, records))
                    return false;
            }

            return routes.Fallback is not { } fallback || HasRoom(fallback, ttl, records);
        }

        foreach (var hashKey in batch.Hashes)
        {
            if (!HasRoom(routes.Find(hashKey), ttl, records))
                return false;
        }

        return true;
    }

    /// <summary>Moves the records of a part that must wait to another one. Null where none must.</summary>
    private static PreparedBatch? Take(PreparedBatch part, AwaitedShards shards, BatchPool pool)
    {
        var waiting = pool.Rent();
        part.MoveTo(waiting, shards.MustWait);
        if (waiting.Count > 0)
            return waiting;
        pool.Return(waiting);
        return null;
    }

    /// <summary>
    /// Returns what waits for each shard, with a hash key of it, in the order of the shards' hash keys. Where records go one by one, those that need not
    /// wait are added: they take the room that was there.
    /// </summary>
    private SortedDictionary<UInt128, (UInt128 HashKey, long Bytes, int Count)>.ValueCollection SharesOf(
        IReadOnlyList<PreparedBatch> parts, IReadOnlyList<PreparedBatch> waiting, PutOptions? options)
    {
        var routes = topology.Current;
        var shares = new SortedDictionary<UInt128, (UInt128 HashKey, long Bytes, int Count)>();
        foreach (var part in waiting)
        {
            for (var pick = 0; pick < part.Count; pick++)
            {
                var record = part.Record(pick);
                var start = routes.Find(record.HashKey).Range.StartingHashKey;
                var share = shares.GetValueOrDefault(start);
                shares[start] = (record.HashKey, share.Bytes + record.PartitionKey.Length + record.Data.Length, share.Count + 1);
            }
        }

        if (!GoOneByOne(options))
            return shares.Values;
        foreach (var part in parts)
        {
            foreach (var hashKey in part.Hashes)
            {
                var start = routes.Find(hashKey).Range.StartingHashKey;
                if (shares.TryGetValue(start, out var share))
                    shares[start] = share with { Count = share.Count + 1 };
            }
        }

        return shares.Values;
    }

    private long TtlOf(PutOptions? options) => options?.TimeToLive?.Ticks ?? settings.Ttl;
}

/// <summary>The room of records that were let in, until they are counted themselves.</summary>
internal sealed class HorizonPermits : IDisposable
{
    private readonly List<(ShardHorizon Shard, long Bytes, int Records)> _permits = [];

    public void Add(ShardHorizon shard, long bytes, int records) => _permits.Add((shard, bytes, records));

    public bool Hold(ShardHorizon shard) => _permits.Exists(p => ReferenceEquals(p.Shard, shard));

    public void Dispose()
    {
        foreach (var (shard, bytes, records) in _permits)
            shard.Leave(bytes, records);
    }
}
