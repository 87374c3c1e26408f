using Orleans.Kpl.Pipeline.Backlog.Logs;
using Orleans.Kpl.Pipeline.Road.Accepting;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Settings;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Backlog;

/// <summary>
/// Lets records that are to be persisted wait until Kinesis was asked for the stream's shards, for a second at most. Otherwise the first records of a
/// misspelt stream would be acknowledged, and then set aside. While Kinesis is away the records are taken.
/// </summary>
/// <param name="asked">Completes when the first reading of the shard map has ended, whatever was answered.</param>
internal sealed class FirstAnswerAdmission(PipelineSettings settings, Task asked, MonotonicClock clock, Admission next) : Admission(next)
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(1);

    private Task? _end;

    // One second for all puts, from the first of them on: a caller that awaits each waits once.
    private Task End => LazyInitializer.EnsureInitialized(ref _end, () => Task.WhenAny(asked, Task.Delay(Longest, clock.Time)));

    public override ValueTask<EnqueuedRecord> PutAsync(in UserRecord record, PutOptions? options, CancellationToken cancellationToken) =>
        Waits(options) ? PutWhenAskedAsync(record, options, cancellationToken) : Next.PutAsync(record, options, cancellationToken);

    public override ValueTask PutAsync<TSource>(TSource records, IBatchOutcomes batch, PutOptions? options, CancellationToken cancellationToken) =>
        Waits(options) ? PutWhenAskedAsync(records, batch, options, cancellationToken) : Next.PutAsync(records, batch, options, cancellationToken);

    private bool Waits(PutOptions? options) =>
        !asked.IsCompleted && BacklogAdmission.UseOf(settings, options) == BacklogUse.Asked && !End.IsCompleted;

    private async ValueTask<EnqueuedRecord> PutWhenAskedAsync(UserRecord record, PutOptions? options, CancellationToken cancellationToken)
    {
        await End.WaitAsync(cancellationToken).ConfigureAwait(false);
        return await Next.PutAsync(record, options, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask PutWhenAskedAsync<TSource>(TSource records, IBatchOutcomes batch, PutOptions? options, CancellationToken cancellationToken)
        where TSource : IRecordSource
    {
        await End.WaitAsync(cancellationToken).ConfigureAwait(false);
        await Next.PutAsync(records, batch, options, cancellationToken).ConfigureAwait(false);
    }
}
