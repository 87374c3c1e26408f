using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Orleans.Kpl.Pipeline.Engines;

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

    /// <summary>There is no record in any of them.</summary>
    public bool AreEmpty
    {
        get
        {
            var areEmpty = true;
            foreach (var open in All)
                areEmpty &= open.IsEmpty;
            return areEmpty;
        }
    }

    /// <summary>What they would cost the shard were they sent now.</summary>
    public int Bytes
    {
        get
        {
            var bytes = 0;
            foreach (var open in All)
                bytes += open.IsEmpty ? 0 : open.Size;
            return bytes;
        }
    }

    /// <summary>When the first record of any of them expires.</summary>
    public long EarliestExpiry
    {
        get
        {
            var earliest = long.MaxValue;
            foreach (var open in All)
                earliest = Math.Min(earliest, open.ExpiresAt);
            return earliest;
        }
    }

    /// <summary>When the oldest record of any of them was accepted.</summary>
    public long OldestAcceptedAt
    {
        get
        {
            var oldest = long.MaxValue;
            foreach (var open in All)
                oldest = Math.Min(oldest, open.OldestAcceptedAt);
            return oldest;
        }
    }

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

    /// <summary>Their records need not wait for company any more.</summary>
    public void MakeDue(long now)
    {
        foreach (var open in All)
            open.MakeDue(now);
    }

    /// <summary>Hands over everything that is in them; what is left is empty.</summary>
    public void CloseAll(ShardEngine engine, List<KinesisRecord> into)
    {
        foreach (var open in All)
        {
            if (!open.IsEmpty)
                into.Add(open.Close(engine));
        }
    }
}
