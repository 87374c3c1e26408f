using Orleans.Kpl.Aggregation;
using Orleans.Kpl.Pipeline.Road.Promising;

namespace Orleans.Kpl.Pipeline.Road.Aggregating;

/// <summary>
/// What an <see cref="OpenAggregate"/> needs when it opens, closes, or takes a record that cannot simply be staged: apart from what each record touches.
/// </summary>
internal sealed class AggregateRest
{
    private readonly ContainerKey _containerKey;

    // Takes the member of an aggregate that has one at most; it stays here when that closes.
    private MemberRef[]? _one;

    public AggregateRest(AggregationLimits limits, ContainerKey containerKey, bool alwaysWrap)
    {
        _containerKey = containerKey;
        AlwaysWrap = alwaysWrap;
        Limits = limits;
        Builder = new AggregateBuilder(limits, alwaysWrap, containerKey);
    }

    public AggregationLimits Limits { get; private set; }

    public AggregateBuilder Builder { get; private set; }

    /// <summary>Whether a single user record becomes an aggregate, too.</summary>
    public bool AlwaysWrap { get; }

    /// <summary>Whether the engine lets records join.</summary>
    public bool Joins { get; set; }

    /// <summary>The bytes of the first member's partition key.</summary>
    public int FirstKeyLength { get; set; }

    /// <summary>The bytes of its records that are counted among what waits for the shard; 0 where none are.</summary>
    public long CountedBytes { get; set; }

    /// <summary>The number of members of the last aggregate. The next one reserves space for as many at once.</summary>
    public int MemberHint { get; private set; }

    /// <summary>The earlier attempts of members; null where none had one.</summary>
    public AttemptChain?[]? Histories { get; private set; }

    /// <summary>
    /// Where members have producer numbers: that of the first member, and the others count on from it. Once a member came with a number of its own, the
    /// number of the next member that comes without one.
    /// </summary>
    public ProducerNumber? Number { get; set; }

    /// <summary>The number that a reader gives to the next member unless it has a tag; only where a member came with a number of its own.</summary>
    public ProducerNumber? Implied { get; private set; }

    /// <summary>Sets other limits, while the aggregate is empty.</summary>
    public void Renew(AggregationLimits limits)
    {
        Limits = limits;
        Builder = new AggregateBuilder(limits, AlwaysWrap, _containerKey);
    }

    /// <summary>Adds a record to the builder, with a number of its own or with the next one here; false when there is no space.</summary>
    /// <param name="given">The number that it came with.</param>
    /// <param name="count">The number of members before it.</param>
    public bool TryBuild(in IncomingRecord record, ProducerNumber? given, int count)
    {
        var own = OwnNumber(count);
        var number = given ?? own;
        // The numbers of an aggregate's members count on from the last one that has a tag.
        var follows = count > 0 && number == (Implied ?? own);
        if (!(number is null || follows
            ? Builder.TryAdd(record.PartitionKey, record.HashKey, record.HasExplicitHashKey, record.Data)
            : Builder.TryAdd(record.PartitionKey, record.HashKey, record.HasExplicitHashKey, record.Data, number.Value)))
            return false;
        if (given is not null || Implied is not null)
            (Number, Implied) = (given is null ? own?.Next : own, (number ?? Implied)!.Value.Next);
        return true;
    }

    /// <summary>Remembers the earlier attempts of a member.</summary>
    public void Remember(int place, AttemptChain? history)
    {
        var histories = Histories;
        if (histories is null || place >= histories.Length)
            Array.Resize(ref histories, Math.Max(16, place * 2));
        histories[place] = history;
        Histories = histories;
    }

    /// <summary>Returns the array of an aggregate that has one member at most.</summary>
    public MemberRef[] One() => _one ??= new MemberRef[1];

    /// <summary>Notes that the aggregate has closed, with so many members.</summary>
    public void Closed(MemberRef[] members, int count)
    {
        (Number, Implied) = (OwnNumber(count), null);
        if (members == _one)
            Array.Clear(_one);
        MemberHint = count;
        CountedBytes = 0;
        Histories = null;
    }

    /// <summary>The number of the next member that comes without one; null where members have none.</summary>
    private ProducerNumber? OwnNumber(int count) =>
        Implied is not null ? Number : Number is { } first ? first with { Number = first.Number + count } : null;
}
