using Orleans.Kpl.Pipeline.Backlog.Logs;
using Orleans.Kpl.Pipeline.Road.Accepting;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Settings;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Backlog;

/// <summary>
/// Keeps records of an ordered stream that are not persisted from overtaking records that wait in the store: they are accepted only when the store is
/// empty. On a stream that spills, and where persistence is requested, such records go through the store instead.
/// </summary>
internal sealed class BehindBacklog(StreamBacklog backlog, PipelineSettings settings, MonotonicClock clock, Admission next) : Admission(next)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(10);

    private volatile Exception? _closed;

    public override ValueTask<EnqueuedRecord> PutAsync(in UserRecord record, PutOptions? options, CancellationToken cancellationToken) =>
        Holds(options) ? PutWhenFreeAsync(record, options, cancellationToken) : Next.PutAsync(record, options, cancellationToken);

    public override async ValueTask PutAsync<TSource>(TSource records, IBatchOutcomes batch, PutOptions? options, CancellationToken cancellationToken)
    {
        await UntilFreeAsync(options, cancellationToken).ConfigureAwait(false);
        await Next.PutAsync(records, batch, options, cancellationToken).ConfigureAwait(false);
    }

    public override void Close(Exception reason)
    {
        _closed = reason;
        Next.Close(reason);
    }

    private async ValueTask<EnqueuedRecord> PutWhenFreeAsync(UserRecord record, PutOptions? options, CancellationToken cancellationToken)
    {
        await UntilFreeAsync(options, cancellationToken).ConfigureAwait(false);
        return await Next.PutAsync(record, options, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Whether records of such a put must wait. Those in the backlog came through here too: while a caller is inside, no more are added.</summary>
    public bool Holds(PutOptions? options) =>
        BacklogAdmission.UseOf(settings, options) == BacklogUse.None && !backlog.IsStopped && backlog.MustGoBehind;

    private async Task UntilFreeAsync(PutOptions? options, CancellationToken cancellationToken)
    {
        while (Holds(options))
        {
            if (_closed is { } reason)
                throw reason;
            await Task.Delay(LookEvery, clock.Time, cancellationToken).ConfigureAwait(false);
        }
    }
}

/// <summary>
/// Fails puts that wait for the records in the store when their time-to-live ends, counted from the call: puts that the backlog would take wait behind
/// them, because callers of an ordered stream do not overtake each other.
/// </summary>
internal sealed class BehindBacklogLimit(BehindBacklog behind, PipelineSettings settings, BatchPool batches, TimeProvider time, Admission next)
    : Admission(next)
{
    // .NET has no longer timer than 49 days.
    private static readonly TimeSpan Longest = TimeSpan.FromDays(24);

    private static readonly Refusal Expired = new(
        RecordErrorCodes.Expired, "older records of the stream wait in the backlog, and the time-to-live ended before they were sent; nothing was accepted");

    public override ValueTask<EnqueuedRecord> PutAsync(in UserRecord record, PutOptions? options, CancellationToken cancellationToken) =>
        behind.Holds(options) ? PutWithinAsync(record, options, cancellationToken) : Next.PutAsync(record, options, cancellationToken);

    public override async ValueTask PutAsync<TSource>(TSource records, IBatchOutcomes batch, PutOptions? options, CancellationToken cancellationToken)
    {
        if (!behind.Holds(options))
        {
            await Next.PutAsync(records, batch, options, cancellationToken).ConfigureAwait(false);
            return;
        }

        using var deadline = DeadlineOf(options, cancellationToken);
        try
        {
            await Next.PutAsync(records, batch, options, deadline.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (deadline.IsOver && !batch.HasAccepted)
        {
            EndAll(records, batch);
        }
    }

    private async ValueTask<EnqueuedRecord> PutWithinAsync(UserRecord record, PutOptions? options, CancellationToken cancellationToken)
    {
        using var deadline = DeadlineOf(options, cancellationToken);
        try
        {
            return await Next.PutAsync(record, options, deadline.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (deadline.IsOver)
        {
            return Expired.Refuse(record);
        }
    }

    private void EndAll<TSource>(TSource records, IBatchOutcomes batch)
        where TSource : IRecordSource
    {
        var prepared = batches.Rent();
        for (int first = 0, count; first < records.Count; first += count)
        {
            count = records.PartFrom(first, out _);
            records.ReadInto(prepared, first, count, long.MaxValue, batch);
            prepared.EndAll(batch, Expired);
        }

        batches.Return(prepared);
        batch.AllHandedOver();
    }

    private AcceptDeadline DeadlineOf(PutOptions? options, CancellationToken cancellationToken)
    {
        var left = options?.TimeToLive ?? TimeSpan.FromTicks(settings.Ttl);
        return new AcceptDeadline(left < Longest ? left : Longest, time, cancellationToken);
    }
}
