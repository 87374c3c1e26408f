using Orleans.Kpl.Pipeline.Backlog.Delivering;
using Orleans.Kpl.Pipeline.Engines;
using Orleans.Kpl.Pipeline.Outcomes;
using Orleans.Kpl.Pipeline.Records;
using Orleans.Kpl.Pipeline.Settings;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Routing;

/// <summary>
/// Takes records to the engines of their shards, one at a time or a batch at once. In a cluster, records whose shard another process serves
/// go to its owner; on an ordered stream every record goes through its shard's queue first, wherever the shard is served.
/// </summary>
internal sealed class RecordRouter : IBatchRouter
{
    private readonly PipelineSettings _settings;
    private readonly ShardTopology _topology;
    private readonly MapUpkeep _map;
    private readonly RecordCompleter _completer;
    private readonly MonotonicClock _clock;
    private readonly IShardOwners? _owners;
    private readonly bool _keepsQueues;
    private volatile bool _stopped;

    /// <param name="settings">The stream's settings.</param>
    /// <param name="topology">Has the engine of each shard.</param>
    /// <param name="map">Sees to the shard map while records come.</param>
    /// <param name="completer">Ends what comes after <see cref="Stop"/>.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="owners">Take records of shards that other processes serve; null where this one serves all.</param>
    public RecordRouter(PipelineSettings settings, ShardTopology topology, MapUpkeep map, RecordCompleter completer, MonotonicClock clock, IShardOwners? owners)
    {
        _settings = settings;
        _topology = topology;
        _map = map;
        _completer = completer;
        _clock = clock;
        _owners = owners;
        _keepsQueues = owners is not null && settings.KeepsOrder;
    }

    /// <summary>From now on records end, with code Shutdown, instead of being routed.</summary>
    public void Stop() => _stopped = true;

    /// <summary>The engine of the record's shard takes it in, or the shard's owner does.</summary>
    public void Route(in IncomingRecord record)
    {
        while (!_stopped)
        {
            // An engine that was retired meanwhile has been replaced in the routes.
            var engine = _topology.Current.Find(record.HashKey);
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

    /// <summary>Routes a batch: the records of each shard together, and under one lock those of engines that share one.</summary>
    public void Route(PreparedBatch batch)
    {
        var routes = _topology.Current;
        batch.Sorter.Sort(routes.Map, batch.Hashes);
        var touched = batch.Sorter.Touched;
        var deadline = _settings.Linger.DeadlineFrom(batch.AcceptedAt);
        var ahead = new PrefetchCursor(routes, touched);
        for (var place = 0; place < touched.Length;)
        {
            var refused = _keepsQueues ? place : AppendRun(routes, batch, place, deadline, ref ahead);
            if (refused > place)
            {
                place = refused;
                continue;
            }

            ahead.Next();
            RouteApart(routes, batch, touched[place++]);
        }
    }

    /// <summary>Routes records that came out of the backlog.</summary>
    public void RouteStored(PreparedBatch batch)
    {
        Route(batch);
        _map.EnsureFresh(_clock.Now);
    }

    /// <summary>
    /// Routes a record that joined a Kinesis record before and was not delivered. On an ordered stream of a cluster it goes back to its place,
    /// before everything that has not gone yet.
    /// </summary>
    public void RouteBack(in IncomingRecord record)
    {
        if (_keepsQueues)
            TakeBack(record);
        else
            Route(record);
    }

    /// <summary>
    /// Takes back a record of an ordered stream that went to its shard's owner and was not delivered: its place is before everything that has
    /// not gone. One that another process accepted goes back there: only there it is known what goes before it.
    /// </summary>
    public void TakeBack(in IncomingRecord record)
    {
        if (record.Member.Sink is ForwardedSink)
        {
            RecordCompleter.GiveBack(record.Member, record.History);
            return;
        }

        while (!_stopped)
        {
            var engine = _topology.Current.Find(record.HashKey);
            if (engine.Queue is { } queue ? queue.TryTakeBack(record) : engine.TryAppend(record))
                return;
        }

        _completer.FailShutDown(record);
    }

    /// <summary>Takes in the records of the engines from there on that share a lock, up to the first one that refuses, whose place is returned.</summary>
    private static int AppendRun(Routes routes, PreparedBatch batch, int place, long deadline, ref PrefetchCursor ahead)
    {
        var touched = batch.Sorter.Touched;
        var gate = routes.PlaceOf(touched[place]).Gate;
        lock (gate)
        {
            for (; place < touched.Length; place++)
            {
                var there = routes.PlaceOf(touched[place]);
                if (there.Gate != gate || !TryAppend(routes, batch, touched[place], there.Aggregate, deadline))
                    break;
                ahead.Next();
            }
        }

        return place;
    }

    /// <summary>Most records of a batch just join the aggregate that is open; the engine takes the others in, one by one.</summary>
    private static bool TryAppend(Routes routes, PreparedBatch batch, int shard, OpenAggregate open, long deadline)
    {
        for (var picks = batch.Sorter.PicksOf(shard); ;)
        {
            picks = picks[open.Join(batch, picks, deadline)..];
            if (picks.IsEmpty)
                return true;
            var seenTo = open.TakesJoiners(batch.Sink) ? 1 : picks.Length;
            if (!routes.OfTouched(shard).TryAppendHeld(batch, picks[..seenTo]))
                return false;
            picks = picks[seenTo..];
        }
    }

    /// <summary>The records of one shard, whose engine does not simply take them in.</summary>
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
