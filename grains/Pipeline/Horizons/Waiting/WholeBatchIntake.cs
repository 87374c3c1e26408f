using Orleans.Kpl.Pipeline.Backlog;
using Orleans.Kpl.Pipeline.Road.Accepting;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Road.Routing;
using Orleans.Kpl.Pipeline.Settings;
using Orleans.Kpl.Pipeline.Whole;

namespace Orleans.Kpl.Pipeline.Horizons.Waiting;

/// <summary>
/// Accepts batches that are accepted whole or not at all, where shards of some of their records are full. Whatever a record needs is there before
/// any is accepted, so that a caller that stops waiting may put the whole batch again.
/// </summary>
/// <param name="settings">What a full shard means.</param>
/// <param name="spill">Takes the records of full shards; null where they do not spill.</param>
internal sealed class WholeBatchIntake(
    PipelineSettings settings, MemoryAdmission memory, RecordAcceptor acceptor, HorizonGate horizon, SpillAdmission? spill)
{
    /// <param name="parts">The records whose shards have room.</param>
    /// <param name="waiting">The records whose shards are full; empty where none is.</param>
    /// <exception cref="OperationCanceledException">The caller cancelled; nothing was accepted.</exception>
    public async ValueTask AcceptAsync(
        IReadOnlyList<PreparedBatch> parts, IReadOnlyList<PreparedBatch> waiting, IBatchOutcomes batch, Offer offer,
        CancellationToken cancellationToken)
    {
        if (waiting.Count > 0 && settings.Options.HighWaterMode == HighWaterMode.Spill && spill is not null
            && await TrySpillAsync(spill, parts, waiting, batch, offer, cancellationToken).ConfigureAwait(false))
            return;
        if (await TryEnterAsync(parts, waiting, batch, offer, cancellationToken).ConfigureAwait(false) is not { } permits)
            return;
        using (permits)
        {
            var (charge, count) = SizeOf(parts.Concat(waiting));
            var route = count > 0 ? await memory.ReserveAsync(charge, count, offer.Options, cancellationToken).ConfigureAwait(false) : null;
            Accept(parts, batch, offer, route);
            Accept(waiting, batch, offer, route);
        }
    }

    /// <summary>
    /// Waits for the full shards. Null where they stayed full, or never take so many in time, and the batch leaves them: then the other records are
    /// accepted.
    /// </summary>
    private async ValueTask<HorizonPermits?> TryEnterAsync(
        IReadOnlyList<PreparedBatch> parts, IReadOnlyList<PreparedBatch> waiting, IBatchOutcomes batch, Offer offer,
        CancellationToken cancellationToken)
    {
        var (charge, count) = SizeOf(parts);
        IRoute? route = null;
        try
        {
            var isTimed = batch.LeavesFullShards is not null;
            if (!isTimed || count == 0 || horizon.MayFit(parts, waiting, offer.Options))
                return await horizon.EnterAllAsync(parts, waiting, offer.Options, isTimed, cancellationToken).ConfigureAwait(false);
            route = await memory.ReserveAsync(charge, count, offer.Options, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (batch.LeavesFullShards is true)
        {
            if (count == 0 || !memory.TryReserve(charge, count, offer.Options))
                throw;
        }

        Accept(parts, batch, offer, route);
        foreach (var part in waiting)
            part.EndAll(batch, ShardRefusal.StaysFull);
        return null;
    }

    /// <summary>Accepts the records whose shards are full into the backlog, and the others into memory. False where the backlog takes none now.</summary>
    private async ValueTask<bool> TrySpillAsync(
        SpillAdmission spilling, IReadOnlyList<PreparedBatch> parts, IReadOnlyList<PreparedBatch> waiting, IBatchOutcomes batch, Offer offer,
        CancellationToken cancellationToken)
    {
        var (charge, count) = SizeOf(parts);
        var (waitingCharge, waitingCount) = SizeOf(waiting);
        var route = count > 0 ? await memory.ReserveAsync(charge, count, offer.Options, cancellationToken).ConfigureAwait(false) : null;
        // Asked last, because nobody may wait for memory while having some that others wait for.
        if (spilling.TryReserveAside(waitingCharge, waitingCount, offer.Options) is not { } aside)
        {
            if (count > 0)
                spilling.Release(charge, count, route);
            return false;
        }

        Accept(parts, batch, offer, route);
        Accept(waiting, batch, offer, aside);
        return true;
    }

    private void Accept(IReadOnlyList<PreparedBatch> parts, IBatchOutcomes batch, in Offer offer, IRoute? route)
    {
        foreach (var part in parts)
        {
            if (part.Count > 0)
                acceptor.Accept(part, batch, offer with { Route = route ?? offer.Route });
        }
    }

    private static (long Charge, int Count) SizeOf(IEnumerable<PreparedBatch> parts) =>
        (parts.Sum(static p => p.Charge), parts.Sum(static p => p.Count));
}

/// <summary>Accepts batches that are accepted whole or not at all, and are more than one part: all parts are read before any is accepted.</summary>
/// <param name="settings">The largest record that may be accepted.</param>
/// <param name="limit">Learns the record size that the stream allows.</param>
/// <param name="offerFor">Returns how records of such a put are accepted.</param>
internal sealed class LongBatchIntake(
    PipelineSettings settings, IRecordLimit limit, BatchPool pool, RecordAcceptor acceptor, HorizonGate horizon, WholeBatchIntake whole,
    Func<PutOptions?, Offer> offerFor, Admission next) : Admission(next)
{
    public override ValueTask PutAsync<TSource>(TSource records, IBatchOutcomes batch, PutOptions? options, CancellationToken cancellationToken) =>
        batch.IsWhole && records.PartFrom(0, (int.MaxValue, long.MaxValue), out _) < records.Count
            ? PutWholeAsync(records, batch, options, cancellationToken)
            : Next.PutAsync(records, batch, options, cancellationToken);

    /// <exception cref="OperationCanceledException">The caller cancelled; nothing was accepted.</exception>
    private async ValueTask PutWholeAsync<TSource>(TSource records, IBatchOutcomes batch, PutOptions? options, CancellationToken cancellationToken)
        where TSource : IRecordSource
    {
        var parts = new List<PreparedBatch>();
        List<PreparedBatch> waiting = [];
        try
        {
            for (var first = 0; first < records.Count;)
            {
                var count = records.PartFrom(first, (int.MaxValue, long.MaxValue), out var largest);
                if (limit.IsUnknown && largest > settings.MaxRecordBytes - RecordValidator.MaxPartitionKeyBytes)
                    await limit.KnownAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
                var part = pool.Rent();
                parts.Add(part);
                records.ReadInto(part, first, count, settings.MaxRecordBytes, batch);
                first += count;
            }

            if (horizon.MayWait(options))
                waiting = horizon.TakeWaiting(parts, options, pool);
            await whole.AcceptAsync(parts, waiting, batch, offerFor(options), cancellationToken).ConfigureAwait(false);
            batch.AllHandedOver();
        }
        finally
        {
            GiveBack(parts);
            GiveBack(waiting);
        }

        if (acceptor.Sender is { HasUnstartedCalls: true })
            await new YieldToThreadPool();
    }

    private void GiveBack(List<PreparedBatch> parts)
    {
        foreach (var part in parts)
            pool.Return(part);
    }
}
