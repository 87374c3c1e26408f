using Orleans.Kpl.Pipeline.Limiting;
using Orleans.Kpl.Pipeline.Records;
using Orleans.Kpl.Pipeline.Routing;
using Orleans.Kpl.Pipeline.Settings;

namespace Orleans.Kpl.Pipeline.Accepting;

/// <summary>
/// Holds back records whose shard already has what it can take in half of their time-to-live. Records of other shards pass, and so do records that
/// no time-to-live ends: those that are persisted, and those whose shard another process serves.
/// </summary>
/// <param name="settings">The stream's settings.</param>
/// <param name="horizon">The horizons of the stream's shards.</param>
/// <param name="topology">Provides the engine of each shard.</param>
/// <param name="useOf">How the records of a put use the backlog.</param>
internal sealed class HorizonGate(PipelineSettings settings, StreamHorizon horizon, ShardTopology topology, Func<PutOptions?, BacklogUse> useOf)
{
    /// <summary>Whether any record of such a put may have to wait. Costs a read while no shard has more than it can take.</summary>
    public bool MayHold(PutOptions? options) => (horizon.IsReached || options?.TimeToLive is not null) && useOf(options) != BacklogUse.Asked;

    /// <summary>Returns the horizon for which a record of such a put must wait; null where it need not.</summary>
    public ShardHorizon? Find(UInt128 hashKey, PutOptions? options)
    {
        var engine = topology.Current.Find(hashKey);
        return !engine.IsElsewhere && engine.Horizon.IsFullFor(TtlOf(options)) ? engine.Horizon : null;
    }

    /// <summary>Moves the records of a batch that must wait to another one. Null where none must.</summary>
    public PreparedBatch? TakeHeld(PreparedBatch batch, PutOptions? options, BatchPool pool)
    {
        PreparedBatch? held = null;
        var hashes = batch.Hashes;
        for (var pick = 0; pick < hashes.Length; pick++)
        {
            if (Find(hashes[pick], options) is null)
                continue;
            held = pool.Rent();
            batch.MoveTo(held, hashKey => Find(hashKey, options) is not null);
            return held;
        }

        return held;
    }

    /// <summary>
    /// Waits until the shard of a record can take it and others of the same shard. They count as waiting for it until the permit is disposed, after
    /// they were routed.
    /// </summary>
    /// <exception cref="OperationCanceledException">The caller cancelled; nothing is counted.</exception>
    public async ValueTask<HorizonPermit> EnterAsync(UInt128 hashKey, long bytes, int count, PutOptions? options, CancellationToken cancellationToken)
    {
        // In aggregates, user records are no records for Kinesis.
        var records = settings.Options.AggregationEnabled ? 0 : count;
        while (Find(hashKey, options) is { } shard)
        {
            await shard.EnterAsync(TtlOf(options), bytes, records, cancellationToken).ConfigureAwait(false);
            if (ReferenceEquals(topology.Current.Find(hashKey).Horizon, shard))
                return new HorizonPermit(shard, bytes, records);
            // The shard was replaced meanwhile, and its successor may be full too.
            shard.Leave(bytes, records);
        }

        return default;
    }

    /// <summary>Whether two hash keys belong to the same shard now.</summary>
    public bool AreTogether(UInt128 one, UInt128 other) => topology.Current is var routes && ReferenceEquals(routes.Find(one), routes.Find(other));

    /// <summary>Rejects the callers that wait.</summary>
    public void Close(Exception reason) => horizon.Close(reason);

    private long TtlOf(PutOptions? options) => options?.TimeToLive?.Ticks ?? settings.Ttl;
}

/// <summary>What callers that were let in count for, until their records are counted themselves.</summary>
internal readonly struct HorizonPermit(ShardHorizon? shard, long bytes, int records) : IDisposable
{
    public void Dispose() => shard?.Leave(bytes, records);
}
