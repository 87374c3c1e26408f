using Orleans.Kpl.Pipeline.Outcomes;
using Orleans.Kpl.Pipeline.Records;
using Orleans.Kpl.Pipeline.Routing;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Owning;

/// <summary>
/// What a cluster does with records that go between processes: takes in those that another process accepted for a shard served here, and
/// takes back, or ends, those that were accepted here and went to an owner. Embedded, none of this is called.
/// </summary>
internal sealed class Forwarding(
    FlushBarrier barrier, ShardTopology topology, RecordRouter router, MapUpkeep map, RecordCompleter completer, MonotonicClock clock)
{
    /// <summary>Counts records of another process in. Flushes of that process do not wait for them; flushes of this one do.</summary>
    public FlushGeneration Enter(int count) => barrier.Enter(count);

    /// <summary>Takes in records of another process, whose sink is a <see cref="ForwardedSink"/>: they are routed like any other.</summary>
    public void Accept(PreparedBatch records)
    {
        router.Route(records);
        map.EnsureFresh(clock.Now);
    }

    /// <summary>
    /// Takes in records of one shard that another process accepted, all or none; none when the shard is not served here. Ordered streams only.
    /// </summary>
    public bool TryAccept(string shardId, PreparedBatch records)
    {
        Span<int> picks = stackalloc int[records.Count];
        for (var i = 0; i < picks.Length; i++)
            picks[i] = i;
        if (topology.EngineOf(shardId) is not { } engine || !engine.Range.ContainsAll(records.Hashes) || !engine.TryAppend(records, picks))
            return false;
        map.EnsureFresh(clock.Now);
        return true;
    }

    /// <summary>Gives records of another process back that cannot be taken in after all.</summary>
    public static void GiveBack(PreparedBatch records)
    {
        for (var i = 0; i < records.Count; i++)
            RecordCompleter.GiveBack(records.Record(i).Member, null);
    }

    /// <summary>Routes a record anew that was given to an owner and came back, not delivered.</summary>
    public void RouteAgain(in IncomingRecord record) => router.Route(record);

    /// <summary>Takes back a record of an ordered stream that was given to an owner: see <see cref="RecordRouter.TakeBack"/>.</summary>
    public void TakeBack(in IncomingRecord record) => router.TakeBack(record);

    /// <summary>Ends records that were given to their shards' owners.</summary>
    public void End(ReadOnlySpan<ForwardedOutcome> ends) => completer.CompleteForwarded(ends);
}
