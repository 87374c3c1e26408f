using Orleans.Kpl.Pipeline.Routing;

namespace Orleans.Kpl.Pipeline;

/// <summary>
/// The open aggregates of a shard: one, or while a reshard is announced one for each future shard, so that none of them has to be
/// taken apart whenever the service switches. Guarded by its engine's lock.
/// </summary>
internal sealed class OpenAggregates
{
    private readonly OpenAggregate[] _all;
    private readonly Boundaries _boundaries;

    public OpenAggregates(Boundaries boundaries, Func<OpenAggregate> newAggregate)
    {
        _boundaries = boundaries;
        _all = new OpenAggregate[boundaries.Count + 1];
        for (var part = 0; part < _all.Length; part++)
            _all[part] = newAggregate();
    }

    public Boundaries Boundaries => _boundaries;

    public Span<OpenAggregate> All => _all;

    /// <summary>The one that a record joins.</summary>
    public ref OpenAggregate For(UInt128 hashKey) => ref _all[_all.Length == 1 ? 0 : _boundaries.PartOf(hashKey)];

    /// <summary>The one that must leave first.</summary>
    public ref OpenAggregate First()
    {
        var first = 0;
        for (var part = 1; part < _all.Length; part++)
        {
            if (_all[part].Deadline < _all[first].Deadline)
                first = part;
        }

        return ref _all[first];
    }
}
