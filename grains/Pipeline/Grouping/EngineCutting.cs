using Orleans.Kpl.Pipeline.Maps;
using Orleans.Kpl.Pipeline.Owners;
using Orleans.Kpl.Pipeline.Road.Aggregating;
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
        lock (engine.Gate)
        {
            var now = (engine.Aggregates.Group as BoundedGroup)?.Boundaries ?? Boundaries.None;
            if (engine.State == EngineState.Retired || engine.Kind != EngineKind.Predicted || now.Same(within))
                return [];
            engine.Reopen(
                engine.Services.Settings.IsByKey ? (first, newAggregate) => new KeyedAggregates(within, first, newAggregate)
                : within.Count > 0 ? (first, newAggregate) => new CutAggregates(within, first, newAggregate)
                : null);
            var divided = engine.Policy.TakeDivided(within.Divide);
            engine.SendDueAndRearm(engine.Now);
            return divided;
        }
    }
}

/// <summary>Open aggregates of a shard that boundaries may cut.</summary>
internal abstract class BoundedGroup(Boundaries boundaries) : AggregateGroup
{
    /// <summary>Where the shard is cut.</summary>
    public Boundaries Boundaries => boundaries;

    public override bool Divides(KinesisRecord record) => boundaries.Divide(record);
}
