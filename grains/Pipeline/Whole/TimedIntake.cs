using Orleans.Kpl.Pipeline.Ordering;
using Orleans.Kpl.Pipeline.Road.Accepting;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Settings;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Whole;

/// <summary>Accepts the records of callers that wait only so long. Until a put is accepted, a caller that gives up has put nothing.</summary>
/// <param name="settings">What a full memory means: where it means <c>Drop</c>, nothing waits, and records fail one by one.</param>
/// <param name="intake">Accepts the records.</param>
/// <param name="ordered">Accepts the records of an ordered stream; null for other streams.</param>
/// <param name="time">Tells when the time is up.</param>
internal sealed class TimedIntake(PipelineSettings settings, RecordIntake intake, OrderedIntake? ordered, TimeProvider time)
{
    /// <exception cref="AcceptTimeoutException">The time is up; the record was not accepted.</exception>
    public async ValueTask<EnqueuedRecord> EnqueueAsync(UserRecord record, PutOptions options, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var deadline = new AcceptDeadline(limit, time, cancellationToken);
        try
        {
            return ordered is null
                ? await intake.EnqueueAsync(record, options, deadline.Token).ConfigureAwait(false)
                : await ordered.EnqueueAsync(record, options, deadline.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (deadline.IsOver)
        {
            throw new AcceptTimeoutException(limit, e);
        }
    }

    /// <exception cref="AcceptTimeoutException">The time is up; no record was accepted.</exception>
    public async ValueTask<EnqueuedBatch> EnqueueAsync(
        ReadOnlyMemory<UserRecord> records, PutOptions options, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var deadline = new AcceptDeadline(limit, time, cancellationToken);
        var batch = new BatchOutcome(records.Length, settings.Options.HighWaterMode == HighWaterMode.Drop ? null : deadline);
        var source = new UserRecordSource(records, hashesKeys: true);
        try
        {
            if (ordered is null)
                await intake.EnqueueAsync(source, batch, options, deadline.Token).ConfigureAwait(false);
            else
                await ordered.EnqueueAsync(source, batch, options, deadline.Token).ConfigureAwait(false);
            return batch;
        }
        catch (Exception e)
        {
            batch.Abandon();
            if (e is OperationCanceledException && deadline.IsOver)
                throw new AcceptTimeoutException(limit, e);
            throw;
        }
    }
}
