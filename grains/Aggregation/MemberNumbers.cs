namespace Orleans.Kpl.Aggregation;

/// <summary>
/// The producer numbers of an aggregate's members: they count on from the last one that has a tag. It is a mutable value, a field of what is beside the
/// builder.
/// </summary>
/// <param name="line">The line that members take their numbers from; null where they take none.</param>
internal struct MemberNumbers(ProducerLine? line)
{
    /// <summary>
    /// The number of the first member, and the others count on from it; null where members have none. Once a member came with a number of its own, the number
    /// of the next member that comes without one.
    /// </summary>
    public ProducerNumber? Own { readonly get; private set; } = line?.Next;

    /// <summary>The number that a reader gives to the next member unless it has a tag; only where a member came with a number of its own.</summary>
    public ProducerNumber? Implied { readonly get; private set; }

    /// <summary>Adds a record to the builder, with a number of its own or with the next one here; false when there is no space.</summary>
    /// <param name="given">The number that it came with.</param>
    /// <param name="count">The number of members before it.</param>
    public bool TryAdd(
        AggregateBuilder builder, ReadOnlySpan<byte> partitionKey, UInt128 hashKey, bool hasExplicitHashKey, ReadOnlySpan<byte> data,
        ProducerNumber? given, int count)
    {
        var own = OwnAfter(count);
        var number = given ?? own;
        var follows = count > 0 && number == (Implied ?? own);
        if (!(number is null || follows
            ? builder.TryAdd(partitionKey, hashKey, hasExplicitHashKey, data)
            : builder.TryAdd(partitionKey, hashKey, hasExplicitHashKey, data, number.Value)))
            return false;
        if (given is not null || Implied is not null)
            (Own, Implied) = (given is null ? own?.Next : own, (number ?? Implied)!.Value.Next);
        return true;
    }

    /// <summary>Notes that the aggregate has closed, with so many members.</summary>
    public void Closed(int count)
    {
        (Own, Implied) = (OwnAfter(count), null);
        if (Own is { } next)
            line!.GiveUpTo(next.Number);
    }

    /// <summary>The number of the next member that comes without one; null where members have none.</summary>
    private readonly ProducerNumber? OwnAfter(int count) =>
        Implied is not null ? Own : Own is { } number ? number with { Number = number.Number + count } : null;
}
