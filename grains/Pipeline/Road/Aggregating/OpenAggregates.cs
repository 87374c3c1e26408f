using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Road.Promising;

namespace Orleans.Kpl.Pipeline.Road.Aggregating;

/// <summary>
/// The open aggregates of a shard: one, or one for each future shard while a reshard is announced, so that none must be taken apart
/// whenever the service switches. Guarded by its engine's lock. It is a mutable value, a field of its engine: with a thousand shards each
/// reference from there to the one aggregate is out of the caches.
/// </summary>
internal struct OpenAggregates
{
    private readonly OpenAggregate[]? _many;
    private readonly KeyedAggregates? _keyed;
    private OpenAggregate _only;

    /// <param name="boundaries">Where the shard is cut.</param>
    /// <param name="first">The aggregate of the first part, or of the whole shard: an empty one.</param>
    /// <param name="newAggregate">Creates the aggregates of the other parts.</param>
    /// <param name="isByKey">Whether an aggregate has records of one key only.</param>
    public OpenAggregates(Boundaries boundaries, OpenAggregate first, Func<OpenAggregate> newAggregate, bool isByKey = false)
    {
        Boundaries = boundaries;
        _only = first;
        if (isByKey)
        {
            _keyed = new KeyedAggregates(first, newAggregate);
            return;
        }

        if (boundaries.Count == 0)
            return;
        _many = new OpenAggregate[boundaries.Count + 1];
        _many[0] = _only;
        for (var part = 1; part < _many.Length; part++)
            _many[part] = newAggregate();
    }

    public Boundaries Boundaries { get; }

    [UnscopedRef]
    public Span<OpenAggregate> All => _many is not null ? _many : _keyed is null ? MemoryMarshal.CreateSpan(ref _only, 1) : _keyed.All;

    /// <summary>Whether none of them contains a record.</summary>
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

    /// <summary>The bytes that the shard would be charged if they were sent now.</summary>
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

    /// <summary>Returns the aggregate that a record joins.</summary>
    public readonly OpenAggregate For(UInt128 hashKey) => _many is null ? _only : _many[Boundaries.PartOf(hashKey)];

    /// <summary>Returns the aggregate that a record joins; null where each record key has one of its own, and as many are open as may be.</summary>
    public readonly OpenAggregate? For(in IncomingRecord record) =>
        _keyed is null ? For(record.HashKey) : _keyed.For(record.PartitionKey, Boundaries.Count == 0 ? 0 : Boundaries.PartOf(record.HashKey));

    /// <summary>Returns the aggregate that must leave first.</summary>
    public readonly OpenAggregate First()
    {
        if (_keyed is not null)
            return _keyed.First();
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

    /// <summary>Makes all of them due now.</summary>
    public void MakeDue(long now)
    {
        foreach (var open in All)
            open.MakeDue(now);
    }

    /// <summary>Closes all aggregates that contain records; they are empty afterwards.</summary>
    public void CloseAll(ShardEngine engine, List<KinesisRecord> into)
    {
        foreach (var open in All)
        {
            if (!open.IsEmpty)
                into.Add(open.Close(engine));
        }
    }

    /// <summary>Closes the aggregates whose first record has expired by then, as records to be sent.</summary>
    public void Close(ShardEngine engine, ISendPolicy into, long expiredBy)
    {
        foreach (var open in All)
        {
            if (!open.IsEmpty && open.ExpiresAt <= expiredBy)
                into.Enqueue(open.Close(engine));
        }
    }
}

/// <summary>The hash keys at which future shards start, in ascending order.</summary>
internal sealed class Boundaries
{
    private readonly UInt128[] _starts;

    public Boundaries(IEnumerable<UInt128> starts) => _starts = [.. starts.Distinct().Order()];

    public static Boundaries None { get; } = new([]);

    public int Count => _starts.Length;

    /// <summary>Returns the part, from 0, that a hash key belongs to.</summary>
    public int PartOf(UInt128 hashKey)
    {
        var place = Array.BinarySearch(_starts, hashKey);
        return place >= 0 ? place + 1 : ~place;
    }

    /// <summary>Whether the members of a Kinesis record belong to several parts.</summary>
    public bool Divide(KinesisRecord record) =>
        _starts.Length > 0 && record.Encoded.Count > 1 && PartOf(record.Encoded.LowestHash) != PartOf(record.Encoded.HighestHash);

    /// <summary>Returns the boundaries that cut a shard.</summary>
    public Boundaries Within(ShardRange range)
    {
        // Each shard of thousands asks, of thousands of boundaries.
        var (first, end) = (PartOf(range.StartingHashKey), PartOf(range.EndingHashKey));
        return first == end ? None : new Boundaries(_starts[first..end]);
    }

    public bool Same(Boundaries other) => _starts.AsSpan().SequenceEqual(other._starts);
}
