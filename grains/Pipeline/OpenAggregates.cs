using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Orleans.Kpl.Pipeline.Routing;

namespace Orleans.Kpl.Pipeline;

/// <summary>
/// The open aggregates of a shard: one, or while a reshard is announced one for each future shard, so that none of them has to be
/// taken apart whenever the service switches. Guarded by its engine's lock. A mutable value that stands in its engine: with a thousand
/// shards each step from there to the one aggregate is out of the caches.
/// </summary>
internal struct OpenAggregates
{
    private readonly OpenAggregate[]? _many;
    private OpenAggregate _only;

    /// <param name="boundaries">Where the shard is cut.</param>
    /// <param name="first">The aggregate of the first part, or of all: an empty one.</param>
    /// <param name="newAggregate">Makes those of other parts.</param>
    public OpenAggregates(Boundaries boundaries, OpenAggregate first, Func<OpenAggregate> newAggregate)
    {
        Boundaries = boundaries;
        _only = first;
        if (boundaries.Count == 0)
            return;
        _many = new OpenAggregate[boundaries.Count + 1];
        _many[0] = _only;
        for (var part = 1; part < _many.Length; part++)
            _many[part] = newAggregate();
    }

    public Boundaries Boundaries { get; }

    [UnscopedRef]
    public Span<OpenAggregate> All => _many is null ? MemoryMarshal.CreateSpan(ref _only, 1) : _many;

    /// <summary>The one that a record joins.</summary>
    public readonly OpenAggregate For(UInt128 hashKey) => _many is null ? _only : _many[Boundaries.PartOf(hashKey)];

    /// <summary>The one that must leave first.</summary>
    public readonly OpenAggregate First()
    {
        if (_many is null)
            return _only;
        var first = 0;
        for (var part = 1; part < _many.Length; part++)
        {
            if (_many[part].Deadline < _many[first].Deadline)
                first = part;
        }

        return _many[first];
    }
}
