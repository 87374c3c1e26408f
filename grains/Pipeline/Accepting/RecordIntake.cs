using System.Text;
using Orleans.Kpl.Pipeline.Backlog.Spilling;
using Orleans.Kpl.Pipeline.Limiting;
using Orleans.Kpl.Pipeline.Outcomes;
using Orleans.Kpl.Pipeline.Records;
using Orleans.Kpl.Pipeline.Services;
using Orleans.Kpl.Pipeline.Settings;

namespace Orleans.Kpl.Pipeline.Accepting;

/// <summary>Validates records and reserves memory for them, for one record or a whole batch at a time, before they are accepted.</summary>
/// <param name="settings">The largest record that may be accepted, and what a full memory means.</param>
/// <param name="memory">The memory limits of the stream and of the process.</param>
/// <param name="limit">Learns the record size that the stream allows; null where another component checks that later.</param>
/// <param name="services">What the producer's streams share.</param>
/// <param name="taker">Accepts records that are valid and whose memory is reserved.</param>
/// <param name="spill">Reserves memory or spills to the backlog; null where there is none.</param>
/// <param name="hashesKeys">Whether the records of a batch are routed here, so that the hash keys of their partition keys are needed.</param>
internal sealed class RecordIntake(
    PipelineSettings settings, MemoryLimits memory, RecordLimit? limit, ProducerServices services, IRecordTaker taker, SpillGate? spill, bool hashesKeys = true)
{
    private const string MemoryFull = "there is no room (MaxOutstandingBytes, MaxOutstandingRecords) and HighWaterMode is Drop";
    private const string GaveUp = "the caller stopped waiting for room";

    public ValueTask<EnqueuedRecord> EnqueueAsync(in UserRecord record, PutOptions? options, CancellationToken cancellationToken)
    {
        if (!RecordValidator.HasFitKey(record))
            throw RecordValidator.Explain(record, settings.MaxRecordBytes);
        var keyBytes = Encoding.UTF8.GetByteCount(record.PartitionKey);
        if (!RecordValidator.FitsSize(keyBytes, record.Data.Length, settings.MaxRecordBytes))
            return EnqueueLargeAsync(record, keyBytes, options, cancellationToken);

        var charge = RecordValidator.Charge(keyBytes, record.ExplicitHashKey.HasValue, record.Data.Length);
        if (spill is not { IsOpen: true } && memory.TryReserve(charge, 1))
        {
            var accepted = taker.Accept(record, options, spills: false);
            return taker.HasUnstartedCalls ? LetSendAsync(accepted) : new ValueTask<EnqueuedRecord>(accepted);
        }

        if (settings.Options.HighWaterMode != HighWaterMode.Drop)
            return EnqueueWhenFreeAsync(record, charge, options, cancellationToken);
        var dropped = RecordResult.NotDelivered(RecordStatus.Failed, RecordErrorCodes.Dropped, MemoryFull, record);
        return new ValueTask<EnqueuedRecord>(new EnqueuedRecord(Task.FromResult(dropped)));
    }

    public async ValueTask<EnqueuedBatch> EnqueueAsync(ReadOnlyMemory<UserRecord> records, PutOptions? options, CancellationToken cancellationToken)
    {
        var batch = new BatchOutcome(records.Length);
        await EnqueueAsync(new UserRecordSource(records, hashesKeys), batch, options, cancellationToken).ConfigureAwait(false);
        return batch;
    }

    /// <summary>Accepts a batch part by part; the outcomes go to the batch.</summary>
    public async ValueTask EnqueueAsync<TSource>(TSource records, IBatchOutcomes batch, PutOptions? options, CancellationToken cancellationToken)
        where TSource : IRecordSource
    {
        var prepared = services.Batches.Rent();
        try
        {
            for (var first = 0; first < records.Count;)
            {
                var count = records.PartFrom(first);
                if (limit is { IsUnknown: true } && records.HoldsLarger(first, count, settings.MaxRecordBytes - RecordValidator.MaxPartitionKeyBytes))
                    await limit.KnownAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
                records.ReadInto(prepared, first, count, settings.MaxRecordBytes, batch);
                first += count;
                if (prepared.Count > 0 && await ReserveMemoryAsync(prepared, batch, cancellationToken).ConfigureAwait(false) is { } spills)
                    taker.Accept(prepared, batch, options, spills);
            }

            batch.AllHandedOver();
        }
        finally
        {
            prepared.Clear();
            services.Batches.Return(prepared);
        }

        if (taker.HasUnstartedCalls)
            await new YieldToThreadPool();
    }

    /// <summary>
    /// Where records arrive faster than the processors send them, lets the calls that are ready go before the caller continues.
    /// Otherwise the caller would fill all the memory first, and each call would find its records out of the caches.
    /// </summary>
    private static async ValueTask<EnqueuedRecord> LetSendAsync(EnqueuedRecord accepted)
    {
        await new YieldToThreadPool();
        return accepted;
    }

    /// <summary>Reserves memory for the part. True when it goes to the backlog; null when its records got their outcomes instead.</summary>
    private async ValueTask<bool?> ReserveMemoryAsync(PreparedBatch prepared, IBatchOutcomes batch, CancellationToken cancellationToken)
    {
        if (spill is not { IsOpen: true } && memory.TryReserve(prepared.Charge, prepared.Count))
            return false;
        if (settings.Options.HighWaterMode == HighWaterMode.Drop)
        {
            prepared.EndAll(batch, RecordErrorCodes.Dropped, MemoryFull);
            return null;
        }

        try
        {
            return await WaitForMemoryAsync(prepared.Charge, prepared.Count, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (batch.HasAccepted)
        {
            prepared.EndAll(batch, RecordErrorCodes.Canceled, GaveUp);
            return null;
        }
    }

    private async ValueTask<EnqueuedRecord> EnqueueWhenFreeAsync(UserRecord record, long charge, PutOptions? options, CancellationToken cancellationToken)
    {
        var spills = await WaitForMemoryAsync(charge, 1, cancellationToken).ConfigureAwait(false);
        return taker.Accept(record, options, spills);
    }

    /// <summary>Holds back a record above the known size limit until the limit of the stream is known.</summary>
    private async ValueTask<EnqueuedRecord> EnqueueLargeAsync(UserRecord record, int keyBytes, PutOptions? options, CancellationToken cancellationToken)
    {
        if (limit is { IsUnknown: true })
            await limit.KnownAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        if (!RecordValidator.FitsSize(keyBytes, record.Data.Length, settings.MaxRecordBytes))
            throw RecordValidator.Explain(record, settings.MaxRecordBytes);
        return await EnqueueAsync(record, options, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Waits until memory for the records is reserved. True when they go to the backlog.</summary>
    private async ValueTask<bool> WaitForMemoryAsync(long charge, int records, CancellationToken cancellationToken)
    {
        if (spill is not null)
            return await spill.ReserveMemoryAsync(charge, records, cancellationToken).ConfigureAwait(false);
        var waiting = memory.ReserveAsync(charge, records, cancellationToken);
        if (!waiting.IsCompleted)
            services.Relieve();
        await waiting.ConfigureAwait(false);
        return false;
    }
}
