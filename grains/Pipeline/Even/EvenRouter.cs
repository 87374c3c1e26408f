using Orleans.Kpl.Pipeline.Owning;
using Orleans.Kpl.Pipeline.Road.Accepting;
using Orleans.Kpl.Pipeline.Road.Limiting;
using Orleans.Kpl.Pipeline.Road.Outcomes;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Road.Routing;
using Orleans.Kpl.Pipeline.Serving;
using Orleans.Kpl.Pipeline.Settings;

namespace Orleans.Kpl.Pipeline.Even;

/// <summary>
/// The router of a stream with <see cref="RoutingMode.Even"/>. A record that has an explicit hash key goes by it: its caller's, or one that it was given
/// before, here or by the process that accepted it.
/// </summary>
/// <param name="aim">Gives records their shards.</param>
internal sealed class EvenRouter(PipelineSettings settings, RouteTable routes, RecordCompleter completer, IShardOwners? owners, EvenAim aim)
    : OwnersRouter(settings, routes, completer, owners)
{
    public override void Route(in IncomingRecord record) => base.Route(aim.At(record));

    public override void Route(PreparedBatch batch)
    {
        aim.At(batch);
        base.Route(batch);
    }
}

/// <summary>Has the records of puts that ask for it routed evenly, in a stream whose other records go by their keys.</summary>
/// <param name="route">Routes them.</param>
internal sealed class EvenAdmission(IRoute route, Admission next) : Admission(next)
{
    public override ValueTask<EnqueuedRecord> AcceptAsync(in UserRecord record, long charge, in Offer offer, CancellationToken cancellationToken) =>
        Next.AcceptAsync(record, charge, Amend(offer), cancellationToken);

    public override ValueTask<Refusal?> AcceptAsync(PreparedBatch part, IBatchOutcomes batch, Offer offer, CancellationToken cancellationToken) =>
        Next.AcceptAsync(part, batch, Amend(offer), cancellationToken);

    /// <summary>Returns an offer with the route of its records. Those that the backlog takes first go by their keys.</summary>
    public Offer Amend(in Offer offer) => offer is { Options.Routing: RoutingMode.Even, Route: null } ? offer with { Route = route } : offer;
}

/// <summary>Routes the records of single puts evenly, in a stream whose other records go by their keys.</summary>
/// <param name="aim">Gives them their shards.</param>
/// <param name="next">Routes them by the hash keys that they were given.</param>
internal sealed class EvenRoute(Lazy<EvenAim> aim, IRoute next) : IRoute
{
    public void Route(in IncomingRecord record) => next.Route(aim.Value.At(record));

    public void Route(PreparedBatch batch)
    {
        aim.Value.At(batch);
        next.Route(batch);
    }
}

/// <summary>
/// Gives records their shards, and has memory charged for the hash keys. Those of other processes keep the key that they came with: they are charged there.
/// </summary>
internal sealed class EvenAim(EvenTargets targets, MemoryLimit memory)
{
    /// <summary>The charge for the hash key of a record: its outcome gives back as much more.</summary>
    private static readonly long Charge = RecordValidator.Charge(0, hasExplicitHashKey: true, 0) - RecordValidator.Charge(0, hasExplicitHashKey: false, 0);

    /// <summary>Returns a record with a hash key; as it is where it has one, or while no shard is known.</summary>
    public IncomingRecord At(in IncomingRecord record)
    {
        if (record.HasExplicitHashKey || record.Member.Sink.Rider is { CountsElsewhere: true } || !targets.TryAim(record, out var hashKey))
            return record;
        memory.Charge(Charge, 0);
        return record with { HashKey = hashKey, HasExplicitHashKey = true };
    }

    /// <summary>Gives the records of a batch hash keys that have none.</summary>
    public void At(PreparedBatch batch)
    {
        if (batch.Sink.Rider is not { CountsElsewhere: true } && targets.Aim(batch) is > 0 and var count)
            memory.Charge(count * Charge, 0);
    }
}
