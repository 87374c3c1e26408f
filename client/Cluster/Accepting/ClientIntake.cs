using System.Buffers;
using System.Text;
using Orleans.Kpl.Pipeline.Accepting;
using Orleans.Kpl.Pipeline.Backlog;
using Orleans.Kpl.Pipeline.Outcomes;

namespace Orleans.Kpl.Client.Accepting;

/// <summary>
/// Validates records and finds room for them, as the embedded producer does. What the stream itself takes a silo judges: its answer
/// comes as the record's result.
/// </summary>
internal sealed class ClientIntake(StreamOptions options, RoomPair room, ClientServices services, ClientStream stream)
{
    private const string NoRoom = "there is no room (MaxOutstandingBytes, MaxOutstandingRecords) and HighWaterMode is Drop";
    private const string GaveUp = "the caller stopped waiting for room";

    /// <summary>A part of a batch that is accepted at once: so that parts find room.</summary>
    private const int MaxPartRecords = 1_024;

    private const long MaxPartBytes = 4 << 20;

    public ValueTask<EnqueuedRecord> EnqueueAsync(in UserRecord record, PutOptions? put, CancellationToken cancellationToken)
    {
        var charge = ChargeOf(record);
        if (charge == 0)
            throw RecordValidator.Explain(record, options.MaxUserRecordSize);
        if (room.TryReserve(charge, 1))
            return new ValueTask<EnqueuedRecord>(Accept(record, charge, put));
        if (options.HighWaterMode != HighWaterMode.Drop)
            return EnqueueWhenRoomAsync(record, charge, put, cancellationToken);
        var dropped = RecordResult.NotDelivered(RecordStatus.Failed, RecordErrorCodes.Dropped, NoRoom, record);
        return new ValueTask<EnqueuedRecord>(new EnqueuedRecord(Task.FromResult(dropped)));
    }

    public async ValueTask<EnqueuedBatch> EnqueueAsync(ReadOnlyMemory<UserRecord> records, PutOptions? put, CancellationToken cancellationToken)
    {
        var batch = new BatchOutcome(records.Length);
        var charges = ArrayPool<int>.Shared.Rent(MaxPartRecords);
        try
        {
            for (var first = 0; first < records.Length;)
            {
                var part = Measure(records, first, charges, batch);
                if (part.Fit > 0 && await FindRoomAsync(records, first, part, charges, batch, cancellationToken).ConfigureAwait(false))
                    Accept(records.Slice(first, part.Count), first, part, charges, batch, put);
                first += part.Count;
            }
        }
        finally
        {
            ArrayPool<int>.Shared.Return(charges);
        }

        batch.AllHandedOver();
        return batch;
    }

    /// <summary>0 for a record that could never be taken.</summary>
    private int ChargeOf(in UserRecord record)
    {
        if (!RecordValidator.HasFitKey(record))
            return 0;
        var keyBytes = Encoding.UTF8.GetByteCount(record.PartitionKey);
        return RecordValidator.FitsSize(keyBytes, record.Data.Length, options.MaxUserRecordSize)
            ? (int)RecordValidator.Charge(keyBytes, record.ExplicitHashKey.HasValue, record.Data.Length)
            : 0;
    }

    /// <summary>The next part: how many records, how many of them are fit, what those are charged. Unfit ones end.</summary>
    private (int Count, int Fit, long Charge) Measure(ReadOnlyMemory<UserRecord> records, int first, int[] charges, BatchOutcome batch)
    {
        var (count, fit, charge) = (0, 0, 0L);
        foreach (ref readonly var record in records.Span[first..])
        {
            if (count == MaxPartRecords || charge >= MaxPartBytes)
                break;
            charges[count] = ChargeOf(record);
            if (charges[count] > 0)
            {
                fit++;
                charge += charges[count];
            }
            else
            {
                var reason = RecordValidator.Explain(record, options.MaxUserRecordSize);
                batch.End(first + count, RecordResult.NotDelivered(RecordStatus.Failed, reason.Code, reason.Message, record));
            }

            count++;
        }

        return (count, fit, charge);
    }

    private async ValueTask<bool> FindRoomAsync(
        ReadOnlyMemory<UserRecord> records, int first, (int Count, int Fit, long Charge) part, int[] charges, BatchOutcome batch, CancellationToken cancellationToken)
    {
        if (room.TryReserve(part.Charge, part.Fit))
            return true;
        if (options.HighWaterMode == HighWaterMode.Drop)
        {
            EndAll(records.Slice(first, part.Count), first, charges, batch, RecordErrorCodes.Dropped, NoRoom);
            return false;
        }

        try
        {
            await WaitForRoomAsync(part.Charge, part.Fit, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException) when (batch.HasAccepted)
        {
            EndAll(records.Slice(first, part.Count), first, charges, batch, RecordErrorCodes.Canceled, GaveUp);
            return false;
        }
    }

    private void Accept(
        ReadOnlyMemory<UserRecord> records, int first, (int Count, int Fit, long Charge) part, int[] charges, BatchOutcome batch, PutOptions? put)
    {
        var terms = Terms(part.Fit, put);
        batch.HasAccepted = true;
        if (AckLevelOf(put) == AckLevel.Accepted)
        {
            for (var i = 0; i < part.Count; i++)
            {
                if (charges[i] > 0)
                    batch.End(first + i, AcceptedOutcome.Result);
            }

            stream.Pack(records.Span, charges, new AcceptedOutcome(terms), first);
            return;
        }

        stream.Pack(records.Span, charges, batch.NewPart(part.Fit, terms), first);
    }

    private EnqueuedRecord Accept(in UserRecord record, int charge, PutOptions? put)
    {
        var terms = Terms(1, put);
        var single = AckLevelOf(put) == AckLevel.Accepted ? null : new SingleOutcome(terms);
        stream.Pack(record, (OutcomeSink?)single ?? new AcceptedOutcome(terms), charge);
        return new EnqueuedRecord(single?.Delivery ?? AcceptedOutcome.Delivery);
    }

    private AcceptanceTerms Terms(int count, PutOptions? put)
    {
        var now = services.Clock.Now;
        return new AcceptanceTerms(stream.CountIn(count), now, now + (put?.TimeToLive ?? options.RecordTtl).Ticks, put?.Immediate ?? false,
            AckLevelOf(put) == AckLevel.Persisted ? BacklogUse.Asked : BacklogUse.None);
    }

    private AckLevel AckLevelOf(PutOptions? put) => put?.AckLevel ?? options.AckLevel;

    private async ValueTask<EnqueuedRecord> EnqueueWhenRoomAsync(UserRecord record, int charge, PutOptions? put, CancellationToken cancellationToken)
    {
        await WaitForRoomAsync(charge, 1, cancellationToken).ConfigureAwait(false);
        return Accept(record, charge, put);
    }

    private ValueTask WaitForRoomAsync(long charge, int records, CancellationToken cancellationToken)
    {
        var waiting = room.ReserveAsync(charge, records, cancellationToken);
        if (!waiting.IsCompleted)
            services.Relieve();
        return waiting;
    }

    private static void EndAll(ReadOnlyMemory<UserRecord> records, int first, int[] charges, BatchOutcome batch, string code, string message)
    {
        for (var i = 0; i < records.Length; i++)
        {
            if (charges[i] > 0)
                batch.End(first + i, RecordResult.NotDelivered(RecordStatus.Failed, code, message, records.Span[i]));
        }
    }
}
