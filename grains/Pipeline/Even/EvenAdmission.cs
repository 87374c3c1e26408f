using Orleans.Kpl.Pipeline.Road.Accepting;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Road.Routing;

namespace Orleans.Kpl.Pipeline.Even;

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
