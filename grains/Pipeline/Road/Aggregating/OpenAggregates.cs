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
    public long EarliestExpiry => Least(static o => o.ExpiresAt);

    /// <summary>When the oldest record of any of them was accepted.</summary>
    public long OldestAcceptedAt => Least(static o => o.OldestAcceptedAt);

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

    private long Least(Func<OpenAggregate, long> of)
    {
        var least = long.MaxValue;
        foreach (var open in All)
            least = Math.Min(least, of(open));
        return least;
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
