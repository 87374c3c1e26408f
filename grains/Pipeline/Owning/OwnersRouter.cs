using Orleans.Kpl.Pipeline.Ordering;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Outcomes;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Road.Routing;
using Orleans.Kpl.Pipeline.Serving;
using Orleans.Kpl.Pipeline.Settings;

namespace Orleans.Kpl.Pipeline.Owning;

/// <summary>The router of a process in a cluster: records whose shard another process serves go to its owner.</summary>
/// <param name="owners">Take them; null where this process serves all shards.</param>
internal class OwnersRouter(PipelineSettings settings, RouteTable routes, RecordCompleter completer, IShardOwners? owners)
    : RecordRouter(settings, routes, completer)
{
    protected override bool TryRouteElsewhere(ShardEngine engine, in IncomingRecord record)
    {
        if (owners is null || !engine.IsElsewhere)
            return false;
        owners.Forward(engine, new ShardRecords(record));
        return true;
    }

    protected override bool TryRouteElsewhere(ShardEngine engine, PreparedBatch batch, ReadOnlySpan<int> picks)
    {
        if (owners is null || !engine.IsElsewhere)
            return false;
        owners.Forward(engine, new ShardRecords(batch, picks));
        return true;
    }
}

/// <summary>The router of an ordered stream in a cluster: every record goes through its shard's queue first, wherever the shard is served.</summary>
internal sealed class QueuedRouter(PipelineSettings settings, RouteTable routes, RecordCompleter completer, IShardOwners owners)
    : OwnersRouter(settings, routes, completer, owners)
{
    private readonly RouteTable _table = routes;
    private readonly RecordCompleter _completer = completer;

    public override void Route(in IncomingRecord record)
    {
        while (!IsStopped)
        {
            var engine = _table.Current.Find(record.HashKey);
            if (engine.Queue is { } queue ? queue.TryAdd(new ShardRecords(record)) : engine.TryAppend(record) || TryRouteElsewhere(engine, record))
                return;
        }

        _completer.FailShutDown(record);
    }

    public override void Route(PreparedBatch batch)
    {
        var routes = _table.Current;
        batch.Sorter.Sort(routes.Map, batch.Hashes);
        foreach (var shard in batch.Sorter.Touched)
        {
            var engine = routes.Of(shard);
            var picks = batch.Sorter.PicksOf(shard);
            if (engine.Queue is { } queue ? queue.TryAdd(new ShardRecords(batch, picks)) : engine.TryAppend(batch, picks))
                continue;
            foreach (var pick in picks)
                Route(batch.Record(pick));
        }
    }

    /// <summary>
    /// The record returns to the queue of its engine's shard, before all records that have not been sent yet. A forwarded record returns to the process
    /// that accepted it, because only that process knows which records precede it.
    /// </summary>
    public override void RouteBack(ShardEngine from, in IncomingRecord record)
    {
        if (MixedCompleter.TryGiveBack(record.Member, record.History))
            return;

        for (var engine = from; !IsStopped; engine = After(engine, record))
        {
            if (engine.Queue is { } queue ? queue.TryTakeBack(record) : engine.TryAppend(record))
                return;
        }

        _completer.FailShutDown(record);
    }

    /// <summary>Passes a record on, from the queue of a shard that does not exist any more to that of the shard after it.</summary>
    public void PassOn(ShardEngine from, in IncomingRecord record)
    {
        for (var engine = After(from, record); !IsStopped; engine = After(engine, record))
        {
            if (engine.Queue is { } queue ? queue.TryInherit(record) : engine.TryAppend(record))
                return;
        }

        _completer.FailShutDown(record);
    }

    private ShardEngine After(ShardEngine engine, in IncomingRecord record) =>
        engine.Order?.NextFor(record.HashKey) ?? _table.Current.Find(record.HashKey);
}
