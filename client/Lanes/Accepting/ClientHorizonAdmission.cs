using Orleans.Kpl.Pipeline.Horizons.Waiting;
using Orleans.Kpl.Pipeline.Maps.Following;
using Orleans.Kpl.Pipeline.Road.Accepting;
using Orleans.Kpl.Pipeline.Road.Outcomes;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Settings;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Lanes.Accepting;

/// <summary>
/// Has records for full shards wait, or be refused, as <see cref="StreamOptions.HighWaterMode"/> says. What was accepted for such a shard would wait here
/// until it expires, in memory that records for other shards need. Records to be persisted pass, as at the silo.
/// </summary>
internal sealed class ClientHorizonAdmission(
    PipelineSettings settings, ClientHorizon horizon, BatchPool batches, MonotonicClock clock, IRoadEvents events, Admission next) : Admission(next)
{
    private readonly bool _drops = settings.Options.HighWaterMode == HighWaterMode.Drop;

    public override ValueTask<EnqueuedRecord> AcceptAsync(in UserRecord record, long charge, in Offer offer, CancellationToken cancellationToken)
    {
        if (Passes(offer) || TryEnter(record, BytesOf(charge, 1), offer, out var gate))
            return Next.AcceptAsync(record, charge, offer, cancellationToken);
        return _drops
            ? new ValueTask<EnqueuedRecord>(ShardRefusal.Full.Refuse(record))
            : AcceptWhenShardIsFreeAsync(record, gate, charge, offer, cancellationToken);
    }

    public override ValueTask<Refusal?> AcceptAsync(PreparedBatch part, IBatchOutcomes batch, Offer offer, CancellationToken cancellationToken)
    {
        var gates = horizon.Gates;
        return Passes(offer) || (gates.IsEmpty && horizon.Start.IsOpen) ? Next.AcceptAsync(part, batch, offer, cancellationToken)
            : gates.IsEmpty ? AcceptAtAsync(horizon.Start, part, batch, offer, cancellationToken)
            : AcceptApartAsync(gates, part, batch, offer, cancellationToken);
    }

    public override void Close(string reason)
    {
        horizon.Close(reason);
        base.Close(reason);
    }

    /// <remarks>A silo refuses a message of an ordered stream also where it lacks memory for a moment, for which nothing is to be dropped.</remarks>
    private bool Passes(in Offer offer) => offer.Rider is LaneRider { Persists: true } || (_drops && settings.KeepsOrder);

    private static long BytesOf(long charge, int records) => charge - (records * (long)RecordValidator.ChargePerRecord);

    private static long BytesOf(PreparedBatch part) => BytesOf(part.Charge, part.Count);

    /// <summary>Lets a record in, unless it has to wait at a gate.</summary>
    private bool TryEnter(in UserRecord record, long bytes, in Offer offer, out ShardGate gate)
    {
        var gates = horizon.Gates;
        var ofShard = gates.IsEmpty ? null : gates.Find(RecordHash.Of(record));
        gate = ofShard is null || MayWaitLonger(ofShard, offer) ? horizon.Start : ofShard;
        return horizon.TryEnter(gate, bytes);
    }

    /// <summary>
    /// Whether the records may wait longer than those that came back: the silo may have room for them. Where order is kept, they must not go ahead.
    /// </summary>
    private bool MayWaitLonger(ShardGate gate, in Offer offer) =>
        !settings.KeepsOrder && (offer.Options?.TimeToLive?.Ticks ?? settings.Ttl) > gate.Ttl;

    private async ValueTask<EnqueuedRecord> AcceptWhenShardIsFreeAsync(
        UserRecord record, ShardGate gate, long charge, Offer offer, CancellationToken cancellationToken)
    {
        await EnterAsync(gate, BytesOf(charge, 1), cancellationToken).ConfigureAwait(false);
        return await Next.AcceptAsync(record, charge, offer, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Accepts first the records of other shards, and then those of full ones, shard by shard.</summary>
    /// <param name="gates">The same for all records: else a later record of a key could go ahead of an earlier one.</param>
    private async ValueTask<Refusal?> AcceptApartAsync(
        ShardGates gates, PreparedBatch part, IBatchOutcomes batch, Offer offer, CancellationToken cancellationToken)
    {
        var (waiting, ofShard) = (batches.Rent(), batches.Rent());
        try
        {
            if (!part.HasHashes)
                part.FindHashes(hashesKeys: true);
            part.MoveTo(waiting, hashKey => gates.Find(hashKey) is { } gate && !MayWaitLonger(gate, offer));
            var over = part.Count == 0 ? null : await AcceptAtAsync(horizon.Start, part, batch, offer, cancellationToken).ConfigureAwait(false);
            while (waiting.Count > 0)
            {
                var gate = gates.Find(waiting.Hashes[0])!;
                waiting.MoveTo(ofShard, hashKey => gates.Find(hashKey) == gate);
                if (over is null)
                    over = await AcceptAtAsync(gate, ofShard, batch, offer, cancellationToken).ConfigureAwait(false);
                else
                    ofShard.EndAll(batch, over);
            }

            return over;
        }
        finally
        {
            batches.Return(waiting);
            batches.Return(ofShard);
        }
    }

    private async ValueTask<Refusal?> AcceptAtAsync(
        ShardGate gate, PreparedBatch part, IBatchOutcomes batch, Offer offer, CancellationToken cancellationToken)
    {
        if (!horizon.TryEnter(gate, BytesOf(part)))
        {
            if (_drops)
            {
                part.EndAll(batch, ShardRefusal.Full);
                return null;
            }

            if (await Refusal.WhyNotAsync(EnterAsync(gate, BytesOf(part), cancellationToken), batch).ConfigureAwait(false) is { } over)
            {
                part.EndAll(batch, over);
                return over;
            }
        }

        return await Next.AcceptAsync(part, batch, offer, cancellationToken).ConfigureAwait(false);
    }

    private async Task EnterAsync(ShardGate gate, long bytes, CancellationToken cancellationToken)
    {
        var since = clock.Now;
        try
        {
            await horizon.EnterAsync(gate, bytes, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            events.Waited(clock.AgeOf(since));
        }
    }
}
