using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Outcomes;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Settings;

namespace Orleans.Kpl.Pipeline.Road.Routing;

/// <summary>
/// Passes records to the engines of their shards, singly or in batches. In a cluster, records whose shard another process serves go to its owner. On
/// an ordered stream every record goes through its shard's queue first, wherever the shard is served.
/// </summary>
internal sealed class RecordRouter : IRoute
{
    private readonly PipelineSettings _settings;
    private readonly RouteTable _routes;
    private readonly RecordCompleter _completer;
    private readonly IShardOwners? _owners;
    private readonly bool _keepsQueues;
    private volatile bool _stopped;

    /// <param name="routes">Have the engine of each shard.</param>
    /// <param name="completer">Completes records that arrive after <see cref="Stop"/>.</param>
    /// <param name="owners">Take records of shards that other processes serve; null where this process serves all shards.</param>
    public RecordRouter(PipelineSettings settings, RouteTable routes, RecordCompleter completer, IShardOwners? owners)
    {
        _settings = settings;
        _routes = routes;
        _completer = completer;
        _owners = owners;
        _keepsQueues = owners is not null && settings.KeepsOrder;
    }

    /// <summary>Stops routing: from now on records fail with code Shutdown.</summary>
    public void Stop() => _stopped = true;

    /// <summary>Passes the record to the engine of its shard, or to the shard's owner.</summary>
    public void Route(in IncomingRecord record)
    {
        while (!_stopped)
        {
            // An engine that has been retired in the meantime has been replaced in the routes.
            var engine = _routes.Current.Find(record.HashKey);
            if (_keepsQueues && engine.Queue is { } queue)
            {
                if (queue.TryAdd(record))
                    return;
                continue;
            }

            if (engine.TryAppend(record))
                return;
            if (engine.IsElsewhere)
            {
                _owners!.Forward(engine, record);
                return;
            }
        }

        _completer.FailShutDown(record);
    }

    /// <summary>Routes a batch: the records of each shard together, and those of engines with a common lock under one lock.</summary>
    public void Route(PreparedBatch batch)
    {
        var routes = _routes.Current;
        batch.Sorter.Sort(routes.Map, batch.Hashes);
        var touched = batch.Sorter.Touched;
        var deadline = _settings.Linger.DeadlineFrom(batch.AcceptedAt);
        for (var place = 0; place < touched.Length;)
        {
            var refused = _keepsQueues ? place : AppendRun(routes, batch, place, deadline);
            if (refused > place)
            {
                place = refused;
                continue;
            }

            RouteApart(routes, batch, touched[place++]);
        }
    }

    /// <summary>
    /// Routes a record that left its Kinesis record undelivered. On an ordered stream of a cluster it returns to the queue of its engine's
    /// shard, before all records that have not been sent yet. A forwarded record returns to the process that accepted it, because only that
    /// process knows which records precede it.
    /// </summary>
    public void RouteBack(ShardEngine from, in IncomingRecord record)
    {
        if (!_keepsQueues)
        {
            Route(record);
            return;
        }

        if (RecordCompleter.TryGiveBack(record.Member, record.History))
            return;

        for (var engine = from; !_stopped; engine = After(engine, record))
        {
            if (engine.Queue is { } queue ? queue.TryTakeBack(record) : engine.TryAppend(record))
                return;
        }

        _completer.FailShutDown(record);
    }

    /// <summary>Passes a record of an ordered stream on, from the queue of a shard that does not exist any more to that of the shard after it.</summary>
    public void PassOn(ShardEngine from, in IncomingRecord record)
    {
        for (var engine = After(from, record); !_stopped; engine = After(engine, record))
        {
            if (engine.Queue is { } queue ? queue.TryInherit(record) : engine.TryAppend(record))
                return;
        }

        _completer.FailShutDown(record);
    }

    private ShardEngine After(ShardEngine engine, in IncomingRecord record) =>
        engine.Succession?.NextFor(record.HashKey) ?? _routes.Current.Find(record.HashKey);

    /// <summary>
    /// Appends the records of consecutive engines that share a lock. Stops at the first engine that refuses, and returns its index.
    /// </summary>
    private static int AppendRun(Routes routes, PreparedBatch batch, int place, long deadline)
    {
        var touched = batch.Sorter.Touched;
        var gate = routes.OfTouched(touched[place]).Gate;
        lock (gate)
        {
            for (; place < touched.Length; place++)
            {
                var engine = routes.OfTouched(touched[place]);
                if (engine.Gate != gate || !TryAppend(engine, batch, batch.Sorter.PicksOf(touched[place]), deadline))
                    break;
            }
        }

        return place;
    }

    /// <summary>Appends the records of one shard. Most join the open aggregate directly; the engine appends the others one by one.</summary>
    private static bool TryAppend(ShardEngine engine, PreparedBatch batch, ReadOnlySpan<int> picks, long deadline)
    {
        var open = engine.FirstOpenAggregate;
        while (true)
        {
            picks = picks[open.Join(batch, picks, deadline)..];
            if (picks.IsEmpty)
                return true;
            var seenTo = open.TakesJoiners(batch.Sink) ? 1 : picks.Length;
            if (!engine.TryAppendHeld(batch, picks[..seenTo]))
                return false;
            picks = picks[seenTo..];
        }
    }

    /// <summary>Routes the records of one shard whose engine could not simply append them.</summary>
    private void RouteApart(Routes routes, PreparedBatch batch, int shard)
    {
        var picks = batch.Sorter.PicksOf(shard);
        var engine = routes.OfTouched(shard);
        if (_keepsQueues && (engine.Queue is { } queue ? queue.TryAdd(batch, picks) : engine.TryAppend(batch, picks)))
            return;
        if (!_keepsQueues && engine.IsElsewhere)
        {
            _owners!.Forward(engine, batch, picks);
            return;
        }

        foreach (var pick in picks)
            Route(batch.Record(pick));
    }
}

/// <summary>Where accepted records go.</summary>
internal interface IRoute
{
    /// <summary>Takes over an accepted record.</summary>
    void Route(in IncomingRecord record);

    /// <summary>Takes over the accepted records of a batch, which can be reused afterwards.</summary>
    void Route(PreparedBatch batch);
}
