using Orleans.Kpl.Pipeline.Road.Limiting;
using Orleans.Kpl.Pipeline.Road.Outcomes;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Road.Routing;
using Orleans.Kpl.Pipeline.Settings;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Road.Accepting;

/// <summary>
/// One link of the chain that stands between a put and the road. A link overrides the methods that concern it; all others pass the put on to the next link.
/// On the plain road there are two: <see cref="RecordIntake"/>, which validates, and <see cref="MemoryAdmission"/>, which reserves memory and accepts.
/// </summary>
/// <remarks>
/// Links before the intake see puts as their callers made them, those behind it see valid records. Everything is called on the caller's thread, or on a pool
/// thread after a wait, without a lock.
/// </remarks>
/// <param name="next">The link behind this one; null for the last.</param>
internal abstract class Admission(Admission? next)
{
    protected Admission Next => next!;

    /// <summary>Puts one record. A call that does not wait is accepted before it returns.</summary>
    public virtual ValueTask<EnqueuedRecord> PutAsync(in UserRecord record, PutOptions? options, CancellationToken cancellationToken) =>
        Next.PutAsync(record, options, cancellationToken);

    /// <summary>Puts a batch, part by part or whole; the outcomes go to the batch.</summary>
    public virtual ValueTask PutAsync<TSource>(TSource records, IBatchOutcomes batch, PutOptions? options, CancellationToken cancellationToken)
        where TSource : IRecordSource => Next.PutAsync(records, batch, options, cancellationToken);

    /// <summary>Accepts a valid record, or refuses it in its result.</summary>
    /// <param name="charge">Its charge against the memory limit.</param>
    public virtual ValueTask<EnqueuedRecord> AcceptAsync(in UserRecord record, long charge, in Offer offer, CancellationToken cancellationToken) =>
        Next.AcceptAsync(record, charge, offer, cancellationToken);

    /// <summary>Accepts a part of a batch, or ends its records. Returns why nothing more of the batch is accepted; null where more may be.</summary>
    public virtual ValueTask<Refusal?> AcceptAsync(PreparedBatch part, IBatchOutcomes batch, Offer offer, CancellationToken cancellationToken) =>
        Next.AcceptAsync(part, batch, offer, cancellationToken);

    /// <summary>Rejects the callers that wait.</summary>
    public virtual void Close(string reason) => next?.Close(reason);

    /// <summary>Puts the records of a caller in this process, who gets the batch.</summary>
    public async ValueTask<EnqueuedBatch> PutBatchAsync(
        UserRecordSource records, BatchOutcome batch, PutOptions? options, CancellationToken cancellationToken)
    {
        try
        {
            await PutAsync(records, batch, options, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            batch.Abandon();
            throw;
        }

        return batch;
    }
}

/// <summary>The properties of valid records that are to be accepted.</summary>
/// <param name="Options">What the caller of the put asked for.</param>
internal readonly record struct Offer(PutOptions? Options)
{
    /// <summary>The route of the records once they are accepted; null for their shards.</summary>
    public IRoute? Route { get; init; }

    /// <inheritdoc cref="AcceptanceTerms"/>
    public ISinkRider? Rider { get; init; }

    /// <summary>The hash key of a single record, where it is known already.</summary>
    public UInt128? HashKey { get; init; }
}

/// <summary>The last link: reserves memory for records, and has them accepted.</summary>
/// <param name="settings">The settings, which say what happens when memory is full.</param>
/// <param name="relieve">Frees memory, because a caller waits for it.</param>
internal class MemoryAdmission(
    PipelineSettings settings, MemoryLimit memory, RecordAcceptor acceptor, MonotonicClock clock, IRoadEvents events, Action relieve) : Admission(null)
{
    private readonly bool _drops = settings.Options.HighWaterMode == HighWaterMode.Drop;

    public override ValueTask<EnqueuedRecord> AcceptAsync(in UserRecord record, long charge, in Offer offer, CancellationToken cancellationToken)
    {
        if (TryReserve(charge, 1, offer.Options))
        {
            var accepted = acceptor.Accept(record, offer);
            return acceptor.Sender is { HasUnstartedCalls: true } ? LetSendAsync(accepted) : new ValueTask<EnqueuedRecord>(accepted);
        }

        return _drops
            ? new ValueTask<EnqueuedRecord>(Refusal.MemoryFull.Refuse(record))
            : AcceptWhenFreeAsync(record, charge, offer, cancellationToken);
    }

    public override async ValueTask<Refusal?> AcceptAsync(PreparedBatch part, IBatchOutcomes batch, Offer offer, CancellationToken cancellationToken)
    {
        if (!TryReserve(part.Charge, part.Count, offer.Options))
        {
            if (_drops)
            {
                part.EndAll(batch, Refusal.MemoryFull);
                return null;
            }

            var reserving = ReserveAsync(part.Charge, part.Count, offer.Options, cancellationToken).AsTask();
            if (await Refusal.WhyNotAsync(reserving, batch).ConfigureAwait(false) is { } over)
            {
                part.EndAll(batch, over);
                return over;
            }

            offer = offer with { Route = await reserving.ConfigureAwait(false) ?? offer.Route };
        }

        acceptor.Accept(part, batch, offer);
        return null;
    }

    public override void Close(string reason) => memory.Close(reason);

    public virtual bool TryReserve(long charge, int records, PutOptions? options) => memory.TryReserve(charge, records, options);

    /// <summary>Waits until memory for the records is reserved. Returns where they go then; null for where they would go anyway.</summary>
    /// <exception cref="OperationCanceledException">Cancelled; nothing was reserved.</exception>
    public virtual async ValueTask<IRoute?> ReserveAsync(long charge, int records, PutOptions? options, CancellationToken cancellationToken)
    {
        var waiting = memory.ReserveAsync(charge, records, options, cancellationToken);
        var (since, waits) = (clock.Now, !waiting.IsCompleted);
        if (waits)
            relieve();
        try
        {
            await waiting.ConfigureAwait(false);
            return null;
        }
        finally
        {
            if (waits)
                events.Waited(clock.AgeOf(since));
        }
    }

    private async ValueTask<EnqueuedRecord> AcceptWhenFreeAsync(UserRecord record, long charge, Offer offer, CancellationToken cancellationToken)
    {
        var route = await ReserveAsync(charge, 1, offer.Options, cancellationToken).ConfigureAwait(false);
        return acceptor.Accept(record, offer with { Route = route ?? offer.Route });
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
}
