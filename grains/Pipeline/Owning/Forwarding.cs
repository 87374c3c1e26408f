using Orleans.Kpl.Pipeline.Maps.Following;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Road.Routing;
using Orleans.Kpl.Pipeline.Serving;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Owning;

/// <summary>
/// Handles the records that processes of a cluster forward to each other. It accepts records that another process forwards for a shard served here.
/// It also takes back, or completes, records that were accepted here and forwarded to an owner. The embedded producer does not use it.
/// </summary>
internal sealed class Forwarding(
    FlushBarrier barrier, ShardTopology topology, RecordRouter router, ShardMapReader map, ForwardedCompleter completer, MonotonicClock clock)
{
    /// <summary>Those of all records that a batch may have.</summary>
    private static readonly int[] Picks = [.. Enumerable.Range(0, PreparedBatch.MaxRecords)];

    /// <summary>Counts in records of another process. Flushes of that process do not wait for them; flushes of this one do.</summary>
    public FlushGeneration Enter(int count) => barrier.Enter(count);

    /// <summary>Accepts records of another process, whose sink is a <see cref="ForwardedSink"/>, and routes them like any other.</summary>
    public void Accept(PreparedBatch records)
    {
        router.Route(records);
        map.EnsureFresh(clock.Now);
    }

    /// <summary>
    /// Accepts all or none of the records of one shard that another process accepted; none when the shard is not served here. Ordered streams only.
    /// </summary>
    public bool TryAccept(string shardId, PreparedBatch records)
    {
        if (topology.EngineOf(shardId) is not { } engine)
        {
            // The stream may be there again, and nobody put anything here since it was missing.
            map.EnsureFresh(clock.Now);
            return false;
        }

        if (records.Hashes.ContainsAnyExceptInRange(engine.Range.StartingHashKey, engine.Range.EndingHashKey))
        {
            // One of the two has an older map, and it may be this one: a stream that was created again has the ids of its former shards.
            map.Refresh();
            return false;
        }

        if (!engine.TryAppend(records, Picks.AsSpan(0, records.Count)))
            return false;
        map.EnsureFresh(clock.Now);
        return true;
    }

    /// <summary>Returns records to another process because they cannot be accepted after all.</summary>
    public static void GiveBack(PreparedBatch records)
    {
        for (var i = 0; i < records.Count; i++)
            MixedCompleter.TryGiveBack(records.Record(i).Member, null);
    }

    /// <summary>
    /// Routes anew a record that was forwarded to an owner and came back undelivered, or that waited for one. The stream may have gone missing meanwhile:
    /// nobody else asks for the map that it waits for then.
    /// </summary>
    public void RouteAgain(in IncomingRecord record)
    {
        router.Route(record);
        map.EnsureFresh(clock.Now);
    }

    /// <summary>Completes records that were forwarded to their shards' owners.</summary>
    public void End(ReadOnlySpan<ForwardedOutcome> ends) => completer.Complete(ends, topology.PredictedFor);
}

/// <summary>
/// The sink of forwarded records: another process accepted them, and this process owns their shard. The ledger and memory limit of the accepting
/// process count them. Here they count only against the memory of the component that received them.
/// </summary>
internal abstract class ForwardedSink(in AcceptanceTerms terms) : OutcomeSink(terms), IOutcomeRider
{
    public sealed override IOutcomeRider Rider => this;

    public bool CountsElsewhere => true;

    public abstract long ChargeElsewhere(int index);

    /// <summary>Sets the failed result without the record's bytes, which the accepting process still has.</summary>
    public override void SetFailed(int index, in RecordResult result)
    {
        SetResult(index, result.WithoutRecord());
        result.LetGo();
    }

    /// <summary>Gives an undelivered record back to the process that accepted it. That process routes it anew, in its original place.</summary>
    public abstract bool TryGiveBack(int index, Attempt[] attempts);
}
