using Orleans.Kpl.Pipeline.Road.Accepting;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Settings;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Whole;

/// <summary>Accepts the records of callers that wait only so long. Until a put is accepted, a caller that gives up has put nothing.</summary>
/// <param name="settings">What a full memory means: where it means <c>Drop</c>, nothing waits, and records fail one by one.</param>
internal sealed class TimedIntake(PipelineSettings settings, TimeProvider time, Admission next) : Admission(next)
{
    public override ValueTask<EnqueuedRecord> PutAsync(in UserRecord record, PutOptions? options, CancellationToken cancellationToken) =>
        options is { AcceptTimeout: { } limit }
            ? PutWithinAsync(limit, record, options, cancellationToken)
            : Next.PutAsync(record, options, cancellationToken);

    public override ValueTask PutAsync<TSource>(TSource records, IBatchOutcomes batch, PutOptions? options, CancellationToken cancellationToken) =>
        options is { AcceptTimeout: { } limit }
            ? PutWithinAsync(limit, records, batch, options, cancellationToken)
            : Next.PutAsync(records, batch, options, cancellationToken);

    /// <exception cref="AcceptTimeoutException">The time is up; the record was not accepted.</exception>
    private async ValueTask<EnqueuedRecord> PutWithinAsync(TimeSpan limit, UserRecord record, PutOptions options, CancellationToken cancellationToken)
    {
        using var deadline = new AcceptDeadline(limit, time, cancellationToken);
        try
        {
            return await Next.PutAsync(record, options, deadline.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (deadline.IsOver)
        {
            throw new AcceptTimeoutException(e);
        }
    }

    /// <exception cref="AcceptTimeoutException">The time is up; no record was accepted.</exception>
    private async ValueTask PutWithinAsync<TSource>(
        TimeSpan limit, TSource records, IBatchOutcomes batch, PutOptions options, CancellationToken cancellationToken)
        where TSource : IRecordSource
    {
        using var deadline = new AcceptDeadline(limit, time, cancellationToken);
        var timed = settings.Options.HighWaterMode == HighWaterMode.Drop ? batch : new TimedBatch(batch, deadline);
        try
        {
            await Next.PutAsync(records, timed, options, deadline.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (deadline.IsOver)
        {
            throw new AcceptTimeoutException(e);
        }
    }

    /// <summary>A batch that is accepted whole, while its caller waits. What full shards do not take by then fails by itself.</summary>
    private sealed class TimedBatch(IBatchOutcomes batch, AcceptDeadline deadline) : IWholeBatch
    {
        public bool HasAccepted
        {
            get => batch.HasAccepted;
            set => batch.HasAccepted = value;
        }

        public bool? LeavesFullShards => deadline.IsOver;

        public void End(int index, in RecordResult result) => batch.End(index, result);

        public OutcomeSink NewPart(int count, in AcceptanceTerms terms) => batch.NewPart(count, terms);

        public void AllHandedOver() => batch.AllHandedOver();
    }
}
