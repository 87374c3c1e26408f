using Orleans.Kpl.Pipeline.Engines;
using Orleans.Kpl.Pipeline.Limiting;
using Orleans.Kpl.Pipeline.Records;
using Orleans.Kpl.Pipeline.Routing;
using Orleans.Kpl.Pipeline.Services;
using Orleans.Kpl.Pipeline.Settings;

namespace Orleans.Kpl.Pipeline.Accepting;

/// <summary>
/// Holds back records whose shard already has what it can take in half of their time-to-live. Records of other shards pass, and so do records that
/// no time-to-live ends: those that are persisted, and those whose shard another process serves.
/// </summary>
/// <param name="stream">The stream.</param>
/// <param name="settings">The stream's settings.</param>
/// <param name="services">The clock, and the metrics of what waits.</param>
/// <param name="horizon">The horizons of the stream's shards.</param>
/// <param name="topology">Provides the engine of each shard.</param>
/// <param name="useOf">How the records of a put use the backlog.</param>
internal sealed class HorizonGate(
    string stream, PipelineSettings settings, ProducerServices services, StreamHorizon horizon, ShardTopology topology, Func<PutOptions?, BacklogUse> useOf)
{
    /// <summary>Only where callers wait do they have turns; on an ordered stream they wait for each other.</summary>
    private readonly bool _takesTurns = settings.Options.HighWaterMode == HighWaterMode.Block && !settings.KeepsOrder;

    /// <summary>Whether any record of such a put may have to wait. Costs a read while no shard has more than it can take.</summary>
    public bool MayHold(PutOptions? options)
    {
        if (_takesTurns)
            horizon.Note(options?.Identity);
        return (horizon.IsReached || options?.TimeToLive is not null) && useOf(options) != BacklogUse.Asked;
    }

    /// <summary>Returns the horizon for which a record of such a put must wait; null where it need not.</summary>
    public ShardHorizon? Find(UInt128 hashKey, PutOptions? options)
    {
        var engine = topology.Current.Find(hashKey);
        return HeldShards.IsFull(engine, TtlOf(options)) ? engine.Horizon : null;
    }

    /// <summary>Moves the records of a batch that must wait to another one. Null where none must.</summary>
    public PreparedBatch? TakeHeld(PreparedBatch batch, PutOptions? options, BatchPool pool)
    {
        var (routes, ttl) = (topology.Current, TtlOf(options));
        // Where there are fewer shards than records, they are asked without a search for each record's own.
        if (routes.Engines.Length < batch.Count && !AnyIsFull(routes, ttl))
            return null;
        foreach (var hashKey in batch.Hashes)
        {
            if (routes.Find(hashKey) is var engine && HeldShards.IsFull(engine, ttl))
                return TakeHeld(batch, routes, ttl, engine, pool);
        }

        return null;
    }

    /// <summary>Moves the records of one batch's parts that must wait to other parts. Empty where none must.</summary>
    public List<PreparedBatch> TakeHeld(IReadOnlyList<PreparedBatch> parts, PutOptions? options, BatchPool pool)
    {
        var shards = new HeldShards(topology.Current, TtlOf(options));
        var taken = new List<PreparedBatch>();
        foreach (var part in parts)
        {
            var held = pool.Rent();
            part.MoveTo(held, shards.Holds);
            if (held.Count > 0)
                taken.Add(held);
            else
                pool.Return(held);
        }

        return taken;
    }

    /// <summary>
    /// Waits until the shard of a record can take it and others of the same shard. They count as waiting for it until the permit is disposed, after
    /// they were routed.
    /// </summary>
    /// <exception cref="OperationCanceledException">The caller cancelled; nothing is counted.</exception>
    public async ValueTask<HorizonPermit> EnterAsync(UInt128 hashKey, long bytes, int count, PutOptions? options, CancellationToken cancellationToken)
    {
        // In aggregates, user records are no records for Kinesis.
        var records = settings.Options.AggregationEnabled && options is not { Alone: true } ? 0 : count;
        var shard = Find(hashKey, options);
        if (shard is null)
            return default;
        var since = services.Clock.Now;
        try
        {
            for (; shard is not null; shard = Find(hashKey, options))
            {
                await shard.EnterAsync(TtlOf(options), bytes, records, options?.Identity, cancellationToken).ConfigureAwait(false);
                if (ReferenceEquals(topology.Current.Find(hashKey).Horizon, shard))
                    return new HorizonPermit(shard, bytes, records);
                // The shard was replaced meanwhile, and its successor may be full too.
                shard.Leave(bytes, records);
            }

            return default;
        }
        finally
        {
            services.Instruments.Waited(stream, services.Clock.AgeOf(since));
        }
    }

    /// <summary>
    /// Waits until each shard of these records can take its own. It goes by the hash keys, so that no two callers wait for each other. The permits
    /// count until they are disposed.
    /// </summary>
    /// <exception cref="OperationCanceledException">The caller cancelled; nothing is counted.</exception>
    public async ValueTask<HorizonPermits> EnterAllAsync(
        IReadOnlyList<PreparedBatch> held, PutOptions? options, CancellationToken cancellationToken)
    {
        var permits = new HorizonPermits();
        try
        {
            foreach (var (hashKey, bytes, count) in SharesOf(held))
                permits.Add(await EnterAsync(hashKey, bytes, count, options, cancellationToken).ConfigureAwait(false));
            return permits;
        }
        catch
        {
            permits.Dispose();
            throw;
        }
    }

    /// <summary>Moves to another batch the records whose shard is that of the first one now.</summary>
    public void TakeFirstShard(PreparedBatch held, PreparedBatch ofShard)
    {
        var routes = topology.Current;
        var engine = routes.Find(held.Hashes[0]);
        held.MoveTo(ofShard, hashKey => ReferenceEquals(routes.Find(hashKey), engine));
    }

    /// <summary>Rejects the callers that wait.</summary>
    public void Close(Exception reason) => horizon.Close(reason);

    private static bool AnyIsFull(Routes routes, long ttl)
    {
        foreach (var engine in routes.Engines)
        {
            if (HeldShards.IsFull(engine, ttl))
                return true;
        }

        return routes.Fallback is { } fallback && HeldShards.IsFull(fallback, ttl);
    }

    /// <summary>Not part of the method that looks: what the records are asked is allocated only where some must wait.</summary>
    private static PreparedBatch TakeHeld(PreparedBatch batch, Routes routes, long ttl, ShardEngine full, BatchPool pool)
    {
        var shards = new HeldShards(routes, ttl);
        shards.Add(full);
        var held = pool.Rent();
        batch.MoveTo(held, shards.Holds);
        return held;
    }

    /// <summary>Returns what there is for each shard, with a hash key of it, in the order of the shards' hash keys.</summary>
    private SortedDictionary<UInt128, (UInt128 HashKey, long Bytes, int Count)>.ValueCollection SharesOf(IReadOnlyList<PreparedBatch> held)
    {
        var routes = topology.Current;
        var shares = new SortedDictionary<UInt128, (UInt128 HashKey, long Bytes, int Count)>();
        foreach (var part in held)
        {
            for (var pick = 0; pick < part.Count; pick++)
            {
                var hashKey = part.Hashes[pick];
                var start = routes.Find(hashKey).Range.StartingHashKey;
                var share = shares.GetValueOrDefault(start);
                shares[start] = (hashKey, share.Bytes + part.BytesOf(pick), share.Count + 1);
            }
        }

        return shares.Values;
    }

    private long TtlOf(PutOptions? options) => options?.TimeToLive?.Ticks ?? settings.Ttl;
}

/// <summary>What callers that were let in count for, until their records are counted themselves.</summary>
internal readonly struct HorizonPermit(ShardHorizon? shard, long bytes, int records) : IDisposable
{
    public void Dispose() => shard?.Leave(bytes, records);
}

/// <summary>The permits of one batch.</summary>
internal sealed class HorizonPermits : IDisposable
{
    private readonly List<HorizonPermit> _permits = [];

    public void Add(HorizonPermit permit) => _permits.Add(permit);

    public void Dispose()
    {
        foreach (var permit in _permits)
            permit.Dispose();
    }
}
