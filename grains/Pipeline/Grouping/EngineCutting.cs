using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Serving;
using Orleans.Kpl.Pipeline.Settings;

namespace Orleans.Kpl.Pipeline.Grouping;

/// <summary>Cuts the open aggregates of an engine where future shards start.</summary>
internal static class EngineCutting
{
    /// <summary>Whether the members of a Kinesis record belong to several parts.</summary>
    public static bool Divide(this Boundaries boundaries, KinesisRecord record) =>
        boundaries.Count > 0 && record.Encoded.Count > 1 && boundaries.PartOf(record.Encoded.LowestHash) != boundaries.PartOf(record.Encoded.HighestHash);

    /// <summary>
    /// Opens one aggregate for each part that the boundaries cut the shard into. Returns the Kinesis records to be routed again: those
    /// that belong to several parts; on an ordered stream only their members that have expired or had all their attempts.
    /// </summary>
    public static List<KinesisRecord> Cut(this ShardEngine engine, Boundaries boundaries)
    {
        var within = boundaries.Within(engine.Range);
        lock (engine.Lock)
        {
            var now = (engine.Group as BoundedGroup)?.Boundaries ?? Boundaries.None;
            if (engine.State == EngineState.Retired || engine.Kind != EngineKind.Predicted || now.Same(within))
                return [];
            engine.Reopen(
                engine.Services.Settings.IsByKey ? (first, newAggregate) => new KeyedAggregates(within, first, newAggregate)
                : within.Count > 0 ? (first, newAggregate) => new CutAggregates(within, first, newAggregate)
                : null);
            var divided = engine.Policy.TakeOut(within.Divide);
            engine.SendDueAndRearm(engine.Now);
            return divided;
        }
    }
}

/// <summary>Finds an aggregate by what its records will have.</summary>
internal static class GroupedAggregates
{
    extension(ShardEngine engine)
    {
        /// <summary>Returns the open aggregate that records of a hash key join; where each key has one of its own, the first.</summary>
        public OpenAggregate OpenFor(UInt128 hashKey) => (engine.Group as CutAggregates)?.For(hashKey) ?? engine.FirstOpenAggregate;
    }
}

/// <summary>Open aggregates of a shard that boundaries may cut.</summary>
internal abstract class BoundedGroup(Boundaries boundaries) : AggregateGroup
{
    /// <summary>The boundaries at which the shard is cut.</summary>
    public Boundaries Boundaries => boundaries;

    public override OpenAggregate First
    {
        get
        {
            var first = All[0];
            foreach (var open in All)
                first = open.Deadline < first.Deadline ? open : first;
            return first;
        }
    }

    /// <summary>Whether one of several has waited for a quarter of its time-to-live.</summary>
    public override bool HasWaitedLong(long now) => All.Length > 1 && First is { IsEmpty: false } open
        && now - open.OldestAcceptedAt > (open.ExpiresAt - open.OldestAcceptedAt) / 4;

    public override bool Divides(KinesisRecord record) => boundaries.Divide(record);
}

/// <summary>
/// The open aggregates of a shard while a reshard is announced: one for each future shard, so that none must be taken apart whenever the service switches.
/// </summary>
internal sealed class CutAggregates(Boundaries boundaries, OpenAggregate first, Func<OpenAggregate> newAggregate) : BoundedGroup(boundaries)
{
    private readonly OpenAggregate[] _parts = [first, .. Enumerable.Range(0, boundaries.Count).Select(_ => newAggregate())];

    public override Span<OpenAggregate> All => _parts;

    public override OpenAggregate? For(in IncomingRecord record) => For(record.HashKey);

    /// <summary>Returns the aggregate that records of a hash key join.</summary>
    public OpenAggregate For(UInt128 hashKey) => _parts[Boundaries.PartOf(hashKey)];
}

/// <summary>The hash keys at which future shards start, ascending.</summary>
internal sealed class Boundaries
{
    private readonly UInt128[] _starts;

    public Boundaries(IEnumerable<UInt128> starts)
    {
        _starts = [.. starts.Distinct()];
        Array.Sort(_starts);
    }

    public static Boundaries None { get; } = new([]);

    public int Count => _starts.Length;

    /// <summary>Returns the part, from 0, that a hash key belongs to.</summary>
    public int PartOf(UInt128 hashKey)
    {
        var index = Array.BinarySearch(_starts, hashKey);
        return index >= 0 ? index + 1 : ~index;
    }

    /// <summary>Returns the boundaries that cut a shard.</summary>
    public Boundaries Within(ShardRange range)
    {
        // Each shard of thousands asks, of thousands of boundaries.
        var (first, end) = (PartOf(range.StartingHashKey), PartOf(range.EndingHashKey));
        return first == end ? None : new Boundaries(_starts[first..end]);
    }

    public bool Same(Boundaries other) => _starts.AsSpan().SequenceEqual(other._starts);
}
