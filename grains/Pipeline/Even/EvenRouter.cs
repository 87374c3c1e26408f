using Orleans.Kpl.Pipeline.Owning;
using Orleans.Kpl.Pipeline.Road.Accepting;
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
internal sealed class EvenRouter(PipelineSettings settings, RouteTable routes, RecordCompleter completer, IShardOwners? owners, EvenTargets targets)
    : OwnersRouter(settings, routes, completer, owners)
{
    public override void Route(in IncomingRecord record) => base.Route(targets.Aim(record));

    public override void Route(PreparedBatch batch)
    {
        targets.Aim(batch);
        base.Route(batch);
    }
}

/// <summary>Has the records of puts that ask for it routed evenly, in a stream whose other records go by their keys.</summary>
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
/// <param name="next">Routes them by the hash keys that they were given.</param>
internal sealed class EvenRoute(Lazy<EvenTargets> targets, IRoute next) : IRoute
{
    public void Route(in IncomingRecord record) => next.Route(targets.Value.Aim(record));

    public void Route(PreparedBatch batch)
    {
        targets.Value.Aim(batch);
        next.Route(batch);
    }
}
