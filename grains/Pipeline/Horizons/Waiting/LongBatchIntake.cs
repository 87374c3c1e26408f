using Orleans.Kpl.Pipeline.Road.Accepting;
using Orleans.Kpl.Pipeline.Road.Judging;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Settings;

namespace Orleans.Kpl.Pipeline.Horizons.Waiting;

/// <summary>Accepts batches that are accepted whole or not at all, and are more than one part: all parts are read before any is accepted.</summary>
/// <param name="settings">The largest record that may be accepted.</param>
/// <param name="known">Learns the record size that the stream allows.</param>
/// <param name="pool">The pool from which parts are rented.</param>
/// <param name="acceptor">Tells whether the threads are behind.</param>
/// <param name="horizon">Finds the records whose shards are full.</param>
/// <param name="whole">Reserves all that the batch needs.</param>
/// <param name="offerFor">Returns how records of such a put are accepted.</param>
internal sealed class LongBatchIntake(
    PipelineSettings settings, StreamKnowledge known, BatchPool pool, RecordAcceptor acceptor, HorizonGate horizon, WholeBatchIntake whole,
    Func<PutOptions?, Offer> offerFor, Admission next) : Admission(next)
{
    public override ValueTask PutAsync<TSource>(TSource records, IBatchOutcomes batch, PutOptions? options, CancellationToken cancellationToken) =>
        batch.IsWhole && records.PartFrom(0) < records.Count
            ? PutWholeAsync(records, batch, options, cancellationToken)
            : Next.PutAsync(records, batch, options, cancellationToken);

    /// <exception cref="OperationCanceledException">The caller cancelled; nothing was accepted.</exception>
    private async ValueTask PutWholeAsync<TSource>(TSource records, IBatchOutcomes batch, PutOptions? options, CancellationToken cancellationToken)
        where TSource : IRecordSource
    {
        var parts = new List<PreparedBatch>();
        List<PreparedBatch> held = [];
        try
        {
            for (var first = 0; first < records.Count;)
            {
                var count = records.PartFrom(first);
                if (known.IsLimitUnknown && records.HoldsLarger(first, count, settings.MaxRecordBytes - RecordValidator.MaxPartitionKeyBytes))
                    await known.LimitKnownAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
                var part = pool.Rent();
                parts.Add(part);
                records.ReadInto(part, first, count, settings.MaxRecordBytes, batch);
                first += count;
            }

            if (horizon.MayHold(options))
                held = horizon.TakeHeld(parts, options, pool);
            await whole.AcceptAsync(parts, held, batch, offerFor(options), cancellationToken).ConfigureAwait(false);
            batch.AllHandedOver();
        }
        finally
        {
            GiveBack(parts);
            GiveBack(held);
        }

        if (acceptor.HasUnstartedCalls)
            await new YieldToThreadPool();
    }

    private void GiveBack(List<PreparedBatch> parts)
    {
        foreach (var part in parts)
            pool.Return(part);
    }
}
