using Orleans.Kpl.Pipeline.Backlog.Logs;
using Orleans.Kpl.Pipeline.Backlog.Spilling;
using Orleans.Kpl.Pipeline.Road.Accepting;
using Orleans.Kpl.Pipeline.Road.Limiting;
using Orleans.Kpl.Pipeline.Road.Outcomes;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Road.Routing;
using Orleans.Kpl.Pipeline.Settings;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Backlog;

/// <summary>Has the backlog take the records that are to be persisted, and keep those that may go there in need.</summary>
/// <param name="isUnknown">
/// Whether Kinesis did not know the stream when it was asked last. A record that is persisted for such a stream is acknowledged, and then set aside. So
/// these records take the way of those that are not persisted, and fail as they do.
/// </param>
/// <param name="even">Routes the records of puts that ask for <see cref="RoutingMode.Even"/>; null where all go by the stream's own routing.</param>
internal sealed class BacklogAdmission(
    StreamBacklog backlog, PipelineSettings settings, Func<bool> isUnknown, IRoute router, IRoute? even, Admission next)
    : Admission(next)
{
    private readonly IRoute _always = new BacklogRoute(backlog, router, _ => !isUnknown(), isSpilled: false);
    private readonly IRoute _behindOthers = new BacklogRoute(backlog, router, static b => b.State.MustGoBehind, isSpilled: false);
    private readonly IRoute _evenBehindOthers = new BacklogRoute(backlog, even ?? router, static b => b.State.MustGoBehind, isSpilled: false);

    /// <summary>How records that are put with these options use the backlog.</summary>
    public static BacklogUse UseOf(PipelineSettings settings, PutOptions? options) =>
        (options?.AckLevel ?? settings.Options.AckLevel) == AckLevel.Persisted ? BacklogUse.Asked
        : settings.Options.HighWaterMode == HighWaterMode.Spill && options is not { NeverSpills: true } ? BacklogUse.InNeed : BacklogUse.None;

    public override ValueTask<EnqueuedRecord> AcceptAsync(in UserRecord record, long charge, in Offer offer, CancellationToken cancellationToken) =>
        Next.AcceptAsync(record, charge, OfferFor(offer.Options), cancellationToken);

    public override ValueTask<Refusal?> AcceptAsync(PreparedBatch part, IBatchOutcomes batch, Offer offer, CancellationToken cancellationToken) =>
        Next.AcceptAsync(part, batch, OfferFor(offer.Options), cancellationToken);

    /// <summary>
    /// Returns how records of such a put are accepted. Those that are not to be persisted have already waited for the stored ones: see
    /// <see cref="BehindBacklog"/>.
    /// </summary>
    public Offer OfferFor(PutOptions? options) => UseOf(settings, options) switch
    {
        BacklogUse.Asked => new Offer(options) { Rider = backlog.Fallback.Asked, Route = _always },
        BacklogUse.InNeed => new Offer(options)
        {
            Rider = backlog.Fallback.InNeed,
            Route = options is { Routing: RoutingMode.Even } ? _evenBehindOthers : _behindOthers,
        },
        _ => new Offer(options),
    };
}

/// <summary>The last link of a stream that spills: where memory is full, records go to the backlog instead of waiting.</summary>
internal sealed class SpillAdmission(
    PipelineSettings settings, MemoryLimit memory, RecordAcceptor acceptor, MonotonicClock clock, IRoadEvents events, Action relieve,
    StreamBacklog backlog, IRoute router)
    : MemoryAdmission(settings, memory, acceptor, clock, events, relieve)
{
    private readonly PipelineSettings _settings = settings;
    private readonly MemoryLimit _memory = memory;
    private readonly SpillGate _spill = backlog.Spill!;
    private readonly IRoute _spilled = new BacklogRoute(backlog, router, static _ => true, isSpilled: true);

    public override bool TryReserve(long charge, int records, PutOptions? options) =>
        !(_spill.IsOpen && MaySpill(options)) && base.TryReserve(charge, records, options);

    public override async ValueTask<IRoute?> ReserveAsync(long charge, int records, PutOptions? options, CancellationToken cancellationToken)
    {
        if (!MaySpill(options))
            return await base.ReserveAsync(charge, records, options, cancellationToken).ConfigureAwait(false);
        return await _spill.ReserveMemoryAsync(charge, records, options, cancellationToken).ConfigureAwait(false) ? _spilled : null;
    }

    /// <summary>Reserves memory for records that must not wait in the engines. Returns where they go then; null where they may not spill.</summary>
    public IRoute? TryReserveAside(long charge, int records, PutOptions? options) =>
        MaySpill(options) && _spill.TryReserve(charge, records) ? _spilled : null;

    /// <summary>Releases memory that was reserved for records that are not accepted after all.</summary>
    /// <param name="route">Where they would have gone.</param>
    public void Release(long charge, int records, IRoute? route)
    {
        if (ReferenceEquals(route, _spilled))
            _spill.Written(charge, records);
        else
            _memory.Release(charge, records);
    }

    public override void Close(string reason)
    {
        base.Close(reason);
        _spill.Close(reason);
    }

    private bool MaySpill(PutOptions? options) => BacklogAdmission.UseOf(_settings, options) != BacklogUse.None;
}

/// <summary>Leads to the backlog, and to the shards where that takes no records.</summary>
/// <param name="goesThere">Whether the records go to the backlog now.</param>
/// <param name="isSpilled">Whether they found memory full: they stay in the store for now.</param>
internal sealed class BacklogRoute(StreamBacklog backlog, IRoute router, Func<StreamBacklog, bool> goesThere, bool isSpilled) : IRoute
{
    public void Route(in IncomingRecord record)
    {
        if (!goesThere(backlog) || !backlog.Intake.TryTake(record, isSpilled))
            router.Route(record);
    }

    public void Route(PreparedBatch batch)
    {
        if (!goesThere(backlog) || !backlog.Intake.TryTake(batch, isSpilled))
            router.Route(batch);
    }
}
