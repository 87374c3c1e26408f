using Orleans.Kpl.Pipeline.Road.Limiting;
using Orleans.Kpl.Pipeline.Road.Outcomes;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Road.Routing;
using Orleans.Kpl.Pipeline.Settings;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Road.Accepting;

/// <summary>The last link: reserves memory for records, and has them accepted.</summary>
/// <param name="settings">What a full memory means.</param>
/// <param name="memory">The memory limits of the stream and of the process.</param>
/// <param name="acceptor">Accepts records whose memory is reserved.</param>
/// <param name="relieve">Frees memory, because a caller waits for it.</param>
internal class MemoryAdmission(
    PipelineSettings settings, MemoryLimits memory, RecordAcceptor acceptor, MonotonicClock clock, IRoadEvents events, Action relieve) : Admission(null)
{
    private readonly bool _drops = settings.Options.HighWaterMode == HighWaterMode.Drop;

    public override ValueTask<EnqueuedRecord> AcceptAsync(in UserRecord record, long charge, in Offer offer, CancellationToken cancellationToken)
    {
        if (TryReserve(charge, 1, offer.Options))
        {
            var accepted = acceptor.Accept(record, offer);
            return acceptor.HasUnstartedCalls ? LetSendAsync(accepted) : new ValueTask<EnqueuedRecord>(accepted);
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
                part.EndAll(batch, Refusal.MemoryFull.Code, Refusal.MemoryFull.Message);
                return null;
            }

            var reserving = ReserveAsync(part.Charge, part.Count, offer.Options, cancellationToken).AsTask();
            if (await Refusal.WhyNotAsync(reserving, batch).ConfigureAwait(false) is { } over)
            {
                part.EndAll(batch, over.Code, over.Message);
                return over;
            }

            offer = offer with { Route = await reserving.ConfigureAwait(false) ?? offer.Route };
        }

        acceptor.Accept(part, batch, offer);
        return null;
    }

    public override void Close(Exception reason) => memory.Close(reason);

    /// <summary>Reserves memory if there is enough, and nobody waits for it.</summary>
    public virtual bool TryReserve(long charge, int records, PutOptions? options) => memory.TryReserve(charge, records, options);

    /// <summary>Waits until memory for the records is reserved. Returns where they go then; null for where they would go anyway.</summary>
    /// <exception cref="OperationCanceledException">Cancelled; nothing was reserved.</exception>
    public virtual async ValueTask<IRoute?> ReserveAsync(long charge, int records, PutOptions? options, CancellationToken cancellationToken)
    {
        var waiting = memory.ReserveAsync(charge, records, options, cancellationToken);
        if (waiting.IsCompleted)
        {
            await waiting.ConfigureAwait(false);
            return null;
        }

        var since = clock.Now;
        relieve();
        try
        {
            await waiting.ConfigureAwait(false);
            return null;
        }
        finally
        {
            events.Waited(clock.AgeOf(since));
        }
    }

    /// <summary>Reserves memory for records that must not wait in the engines. Returns where they go then; null where nothing takes them.</summary>
    public virtual IRoute? TryReserveAside(long charge, int records, PutOptions? options) => null;

    /// <summary>Releases memory that was reserved for records that are not accepted after all.</summary>
    /// <param name="route">Where they would have gone.</param>
    public virtual void Release(long charge, int records, IRoute? route) => memory.Release(charge, records);

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
