using Orleans.Kpl.Pipeline.Maps;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Promising;

namespace Orleans.Kpl.Pipeline.Grouping;

/// <summary>
/// The open aggregates of a shard while a reshard is announced: one for each future shard, so that none must be taken apart whenever the service switches.
/// </summary>
internal sealed class CutAggregates(Boundaries boundaries, OpenAggregate first, Func<OpenAggregate> newAggregate) : BoundedGroup(boundaries)
{
    private readonly OpenAggregate[] _parts = [first, .. Enumerable.Range(0, boundaries.Count).Select(_ => newAggregate())];

    public override Span<OpenAggregate> All => _parts;

    public override OpenAggregate? For(in IncomingRecord record) => For(record.HashKey);

    public override OpenAggregate For(UInt128 hashKey) => _parts[Boundaries.PartOf(hashKey)];
}
