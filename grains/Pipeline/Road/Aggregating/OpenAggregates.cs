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
    private OpenAggregate _only = first;

    /// <summary>The group; null where there is one aggregate only, and always the same.</summary>
    public AggregateGroup? Group { get; } = newGroup?.Invoke(first, newAggregate);

    public NewGroup? NewGroup { get; } = newGroup;

    [UnscopedRef]
    public Span<OpenAggregate> All => Group is null ? MemoryMarshal.CreateSpan(ref _only, 1) : Group.All;

    /// <summary>Returns the aggregate that a record joins; null where as many are open as may be, and none of them takes it.</summary>
    public readonly OpenAggregate? For(in IncomingRecord record) => Group is null ? _only : Group.For(record);

    /// <summary>Returns the aggregate that must leave first: an empty one where all are.</summary>
    public readonly OpenAggregate First()
    {
        var first = _only;
        foreach (var open in Group is null ? [] : Group.All)
            first = open.Deadline < first.Deadline ? open : first;
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
    /// <summary>All aggregates; some may be empty. The first is always the same.</summary>
    public abstract Span<OpenAggregate> All { get; }

    /// <inheritdoc cref="OpenAggregates.For"/>
    public abstract OpenAggregate? For(in IncomingRecord record);

    /// <summary>Whether members of a Kinesis record belong to different aggregates, whatever is in these.</summary>
    public abstract bool Divides(KinesisRecord record);
}

/// <summary>Groups the open aggregates of a shard, the first of which is there already.</summary>
internal delegate AggregateGroup NewGroup(OpenAggregate first, Func<OpenAggregate> newAggregate);
