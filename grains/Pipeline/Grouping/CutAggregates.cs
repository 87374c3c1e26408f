using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Promising;

namespace Orleans.Kpl.Pipeline.Grouping;

/// <summary>
/// The open aggregates of a shard while a reshard is announced: one for each future shard, so that none must be taken apart whenever the service switches.
/// </summary>
internal sealed class CutAggregates : AggregateGroup
{
    private readonly Boundaries _boundaries;
    private readonly OpenAggregate[] _parts;

    private CutAggregates(Boundaries boundaries, OpenAggregate first, Func<OpenAggregate> newAggregate)
    {
        _boundaries = boundaries;
        _parts = [first, .. Enumerable.Range(0, boundaries.Count).Select(_ => newAggregate())];
    }

    public override Span<OpenAggregate> All => _parts;

    /// <summary>Groups the aggregates of a shard; null where one is enough.</summary>
    /// <param name="boundaries">Where the shard is cut.</param>
    /// <param name="first">The aggregate of the first part: an empty one.</param>
    /// <param name="newAggregate">Creates the others.</param>
    public static AggregateGroup? Of(Boundaries boundaries, OpenAggregate first, Func<OpenAggregate> newAggregate) =>
        boundaries.Count == 0 ? null : new CutAggregates(boundaries, first, newAggregate);

    public override OpenAggregate? For(in IncomingRecord record) => For(record.HashKey);

    public override OpenAggregate For(UInt128 hashKey) => _parts[_boundaries.PartOf(hashKey)];
}
