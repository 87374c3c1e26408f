using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Orleans.Kpl.Pipeline.Road.Promising;

namespace Orleans.Kpl.Pipeline.Road.Aggregating;

/// <summary>
/// The open aggregates of a shard: one, or a group. Guarded by its engine's lock. It is a mutable value, a field of its engine: with a thousand shards each
/// reference from there to the one aggregate is out of the caches.
/// </summary>
/// <param name="first">The only aggregate, or the first of the group: an empty one.</param>
/// <param name="newGroup">Groups them; null for one aggregate.</param>
/// <param name="newAggregate">Creates the others.</param>
internal struct OpenAggregates(OpenAggregate first, NewGroup? newGroup, Func<OpenAggregate> newAggregate)
{
    private readonly AggregateGroup? _group = newGroup?.Invoke(first, newAggregate);
    private OpenAggregate _only = first;

    /// <summary>The group; null where there is one aggregate only, and always the same.</summary>
    public readonly AggregateGroup? Group => _group;

    public NewGroup? NewGroup { get; } = newGroup;

    [UnscopedRef]
    public Span<OpenAggregate> All => _group is null ? MemoryMarshal.CreateSpan(ref _only, 1) : _group.All;

    /// <summary>Whether none of them contains a record: one that does has a deadline, so it would be the first.</summary>
    public readonly bool AreEmpty => First().IsEmpty;

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

    /// <summary>Returns the aggregate that records of a hash key join.</summary>
    public readonly OpenAggregate For(UInt128 hashKey) => _group is null ? _only : _group.For(hashKey);

    /// <summary>Returns the aggregate that a record joins; null where as many are open as may be, and none of them takes it.</summary>
    public readonly OpenAggregate? For(in IncomingRecord record) => _group is null ? _only : _group.For(record);

    /// <summary>Whether members of a Kinesis record belong to different ones.</summary>
    public readonly bool Divide(KinesisRecord record) => _group is not null && _group.Divides(record);

    /// <summary>Returns the aggregate that must leave first.</summary>
    public readonly OpenAggregate First()
    {
        if (_group is null)
            return _only;
        var first = _group.All[0];
        foreach (var open in _group.All)
        {
            if (open.Deadline < first.Deadline)
                first = open;
        }

        return first;
    }

    /// <summary>Closes the aggregates whose first record has expired by then, as records to be sent.</summary>
    public void Close(ShardEngine engine, SendPolicy into, long expiredBy)
    {
        foreach (var open in All)
        {
            if (!open.IsEmpty && open.ExpiresAt <= expiredBy)
                into.Enqueue(open.Close(engine));
        }
    }
}

/// <summary>The open aggregates of a shard that has more than one. Guarded by its engine's lock.</summary>
internal abstract class AggregateGroup
{
    /// <summary>All aggregates; some may be empty.</summary>
    public abstract Span<OpenAggregate> All { get; }

    /// <summary>Returns the aggregate that a record joins; null where as many are open as may be, and none of them takes it.</summary>
    public abstract OpenAggregate? For(in IncomingRecord record);

    /// <summary>Returns the aggregate that records of a hash key join.</summary>
    public abstract OpenAggregate For(UInt128 hashKey);

    /// <summary>Whether members of a Kinesis record belong to different aggregates, whatever is in these.</summary>
    public abstract bool Divides(KinesisRecord record);
}

/// <summary>Groups the open aggregates of a shard, the first of which is there already.</summary>
internal delegate AggregateGroup NewGroup(OpenAggregate first, Func<OpenAggregate> newAggregate);
