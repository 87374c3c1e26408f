using Orleans.Kpl.Pipeline.Road.Accepting;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Settings;

namespace Orleans.Kpl.Lanes.Accepting;

/// <summary>
/// Notes what a put asks of the silo that takes its records over. The silo checks the stream's limits as well; a record that it refuses has the reason as
/// its result.
/// </summary>
internal sealed class LaneAdmission(PipelineSettings settings, Admission next) : Admission(next)
{
    public override ValueTask<EnqueuedRecord> AcceptAsync(in UserRecord record, long charge, in Offer offer, CancellationToken cancellationToken) =>
        Next.AcceptAsync(record, charge, Asked(offer), cancellationToken);

    public override ValueTask<Refusal?> AcceptAsync(PreparedBatch part, IBatchOutcomes batch, Offer offer, CancellationToken cancellationToken) =>
        Next.AcceptAsync(part, batch, Asked(offer), cancellationToken);

    private Offer Asked(in Offer offer) => offer with
    {
        Rider = LaneRider.Of((offer.Options?.AckLevel ?? settings.Options.AckLevel) == AckLevel.Persisted, offer.Options?.NeverSpills ?? false),
    };
}

/// <summary>The options of a put for the silo that takes its records over. Records of one message share it.</summary>
/// <param name="Persists">Whether the records are kept durably before they are answered.</param>
/// <param name="NeverSpills">Whether they must not spill.</param>
internal sealed record LaneRider(bool Persists, bool NeverSpills) : ISinkRider
{
    private static readonly LaneRider?[] All = [null, new(false, true), new(true, false), new(true, true)];

    /// <summary>Returns the rider that asks for these; null for neither.</summary>
    public static LaneRider? Of(bool persists, bool neverSpills) => All[(persists ? 2 : 0) + (neverSpills ? 1 : 0)];
}
