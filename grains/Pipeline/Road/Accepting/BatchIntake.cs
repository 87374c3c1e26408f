using Orleans.Kpl.Pipeline.Horizons.Waiting;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Services;
using Orleans.Kpl.Pipeline.Settings;

namespace Orleans.Kpl.Pipeline.Road.Accepting;

/// <summary>
/// Accepts batches part by part. Once a part is accepted, no exception tells of the others, because the caller would put the whole batch again:
/// what is not accepted fails record by record.
/// </summary>
/// <param name="settings">The largest record that may be accepted, and what a full memory means.</param>
/// <param name="memory">Reserves memory.</param>
/// <param name="limit">Learns the record size that the stream allows; null where another component checks that later.</param>
/// <param name="services">What the producer's streams share.</param>
/// <param name="taker">Accepts records that are valid and whose memory is reserved.</param>
/// <param name="horizon">Holds back records whose shard is full; null where records are not routed here.</param>
internal sealed class BatchIntake(
    PipelineSettings settings, MemoryGate memory, RecordLimit? limit, ProducerServices services, IRecordTaker taker, HorizonGate? horizon)
{
    private readonly WholeBatchIntake? _whole = horizon is null ? null : new(settings, memory, taker, horizon);

    public async ValueTask EnqueueAsync<TSource>(TSource records, IBatchOutcomes batch, PutOptions? options, CancellationToken cancellationToken)
        where TSource : IRecordSource
    {
        var prepared = services.Batches.Rent();
        try
        {
            Refusal? over = null;
            for (var first = 0; first < records.Count;)
            {
                var count = records.PartFrom(first);
                // A caller that gave up gets no further part accepted, even where there is memory again.
                if (over is null && batch.HasAccepted && cancellationToken.IsCancellationRequested)
                    over = Refusal.Of(new OperationCanceledException(cancellationToken));
                if (over is null && limit is { IsUnknown: true } && HoldsLarge(records, first, count))
                    over = await WhyNotAsync(limit.KnownAsync().WaitAsync(cancellationToken), batch).ConfigureAwait(false);
                // What is not accepted is not measured either: the limit may not be known.
                records.ReadInto(prepared, first, count, over is null ? settings.MaxRecordBytes : long.MaxValue, batch);
                first += count;
                if (over is not null)
                    prepared.EndAll(batch, over.Code, over.Message);
                else if (prepared.Count > 0)
                    over = await AcceptAsync(prepared, batch, options, cancellationToken).ConfigureAwait(false);
            }

            batch.AllHandedOver();
        }
        finally
        {
            services.Batches.Return(prepared);
        }

        if (taker.HasUnstartedCalls)
            await new YieldToThreadPool();
    }

    private bool HoldsLarge<TSource>(TSource records, int first, int count)
        where TSource : IRecordSource =>
        records.HoldsLarger(first, count, settings.MaxRecordBytes - RecordValidator.MaxPartitionKeyBytes);

    /// <summary>Accepts a part, or ends its records. Returns why nothing more of the batch is accepted; null where more may be.</summary>
    private ValueTask<Refusal?> AcceptAsync(PreparedBatch part, IBatchOutcomes batch, PutOptions? options, CancellationToken cancellationToken) =>
        horizon is not null && horizon.MayHold(options) && horizon.TakeHeld(part, options, services.Batches) is { } held
            ? AcceptApartAsync(part, held, batch, options, cancellationToken)
            : AcceptWithinMemoryAsync(part, batch, options, cancellationToken);

    private async ValueTask<Refusal?> AcceptWithinMemoryAsync(
        PreparedBatch part, IBatchOutcomes batch, PutOptions? options, CancellationToken cancellationToken)
    {
        var spills = false;
        if (!memory.TryReserve(part.Charge, part.Count, options))
        {
            if (settings.Options.HighWaterMode == HighWaterMode.Drop)
            {
                part.EndAll(batch, Refusal.MemoryFull.Code, Refusal.MemoryFull.Message);
                return null;
            }

            var reserving = memory.ReserveAsync(part.Charge, part.Count, options, cancellationToken).AsTask();
            if (await WhyNotAsync(reserving, batch).ConfigureAwait(false) is { } over)
            {
                part.EndAll(batch, over.Code, over.Message);
                return over;
            }

            spills = await reserving.ConfigureAwait(false);
        }

        taker.Accept(part, batch, options, spills);
        return null;
    }

    /// <summary>Accepts first the records whose shards can take them, and then the others, shard by shard, as there is room.</summary>
    private async ValueTask<Refusal?> AcceptApartAsync(
        PreparedBatch part, PreparedBatch held, IBatchOutcomes batch, PutOptions? options, CancellationToken cancellationToken)
    {
        try
        {
            if (batch.IsWhole && settings.Options.HighWaterMode != HighWaterMode.Drop)
            {
                await _whole!.AcceptAsync([part], [held], batch, options, cancellationToken).ConfigureAwait(false);
                return null;
            }

            Refusal? over = null;
            if (part.Count > 0)
                over = await AcceptWithinMemoryAsync(part, batch, options, cancellationToken).ConfigureAwait(false);
            if (over is null && settings.Options.HighWaterMode == HighWaterMode.Block)
                return await AcceptShardByShardAsync(held, batch, options, cancellationToken).ConfigureAwait(false);
            if (over is null && settings.Options.HighWaterMode == HighWaterMode.Spill)
                return await SpillAsync(held, batch, options, cancellationToken).ConfigureAwait(false);
            var why = over ?? Refusal.ShardFull;
            held.EndAll(batch, why.Code, why.Message);
            return over;
        }
        finally
        {
            services.Batches.Return(held);
        }
    }

    private ValueTask<Refusal?> SpillAsync(PreparedBatch held, IBatchOutcomes batch, PutOptions? options, CancellationToken cancellationToken)
    {
        if (!memory.TryReserveSpill(held.Charge, held.Count, options))
            return AcceptShardByShardAsync(held, batch, options, cancellationToken);
        taker.Accept(held, batch, options, spills: true);
        return default;
    }

    private async ValueTask<Refusal?> AcceptShardByShardAsync(
        PreparedBatch held, IBatchOutcomes batch, PutOptions? options, CancellationToken cancellationToken)
    {
        var ofShard = services.Batches.Rent();
        try
        {
            Refusal? over = null;
            while (held.Count > 0)
            {
                horizon!.TakeFirstShard(held, ofShard, options);
                if (over is null)
                    over = await AcceptWhenShardIsFreeAsync(ofShard, batch, options, cancellationToken).ConfigureAwait(false);
                else
                    ofShard.EndAll(batch, over.Code, over.Message);
            }

            return over;
        }
        finally
        {
            services.Batches.Return(ofShard);
        }
    }

    private async ValueTask<Refusal?> AcceptWhenShardIsFreeAsync(
        PreparedBatch ofShard, IBatchOutcomes batch, PutOptions? options, CancellationToken cancellationToken)
    {
        var bytes = ofShard.Charge - ((long)ofShard.Count * RecordValidator.ChargePerRecord);
        var entering = horizon!.EnterAsync(ofShard.Hashes[0], bytes, ofShard.Count, options, mustFit: false, cancellationToken).AsTask();
        if (await WhyNotAsync(entering, batch).ConfigureAwait(false) is { } over)
        {
            ofShard.EndAll(batch, over.Code, over.Message);
            return over;
        }

        using var permit = await entering.ConfigureAwait(false);
        return await AcceptWithinMemoryAsync(ofShard, batch, options, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Awaits what a part needs. Returns why it does not get it, where other parts were accepted; else the exception goes to the caller.</summary>
    private static async ValueTask<Refusal?> WhyNotAsync(Task needed, IBatchOutcomes batch)
    {
        try
        {
            await needed.ConfigureAwait(false);
            return null;
        }
        catch (Exception reason) when (batch.HasAccepted)
        {
            return Refusal.Of(reason);
        }
    }
}
