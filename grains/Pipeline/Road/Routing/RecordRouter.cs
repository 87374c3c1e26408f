using Orleans.Kpl.Pipeline.Maps;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Outcomes;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Settings;

namespace Orleans.Kpl.Pipeline.Road.Routing;

/// <summary>Passes records to the engines of their shards, singly or in batches.</summary>
/// <param name="completer">Completes records that arrive after <see cref="Stop"/>.</param>
internal class RecordRouter(PipelineSettings settings, RouteTable routes, RecordCompleter completer) : IRoute
{
    protected volatile bool IsStopped;

    /// <summary>Stops routing: from now on records fail with code Shutdown.</summary>
    public void Stop() => IsStopped = true;

    public virtual void Route(in IncomingRecord record)
    {
        while (!IsStopped)
        {
            // An engine that has been retired in the meantime has been replaced in the routes.
            var engine = routes.Current.Find(record.HashKey);
            if (engine.TryAppend(record) || TryRouteElsewhere(engine, record))
                return;
        }

        completer.FailShutDown(record);
    }

    /// <summary>Routes a batch: the records of each shard together, and those of engines with a common lock under one lock.</summary>
    public virtual void Route(PreparedBatch batch)
    {
        var current = routes.Current;
        batch.Sorter.Sort(current.Map, batch.Hashes);
        var touched = batch.Sorter.Touched;
        var deadline = settings.Linger.DeadlineFrom(batch.Sink.AcceptedAt, batch.Sink.ExpiresAt);
        for (var place = 0; place < touched.Length;)
        {
            var refused = AppendRun(current, batch, place, deadline);
            if (refused > place)
                place = refused;
            else
                RouteApart(current, batch, touched[place++]);
        }
    }

    /// <summary>Routes a record that left its Kinesis record undelivered.</summary>
    public virtual void RouteBack(ShardEngine from, in IncomingRecord record) => Route(record);

    /// <summary>Takes a record that the engine in force does not take. False where the routes have other engines by now.</summary>
    protected virtual bool TryRouteElsewhere(ShardEngine engine, in IncomingRecord record) => false;

    /// <summary>Takes records of a batch that the engine in force does not take. False where the routes have other engines by now.</summary>
    protected virtual bool TryRouteElsewhere(ShardEngine engine, PreparedBatch batch, ReadOnlySpan<int> picks) => false;

    /// <summary>
    /// Appends the records of consecutive engines that share a lock. Stops at the first engine that refuses, and returns its index.
    /// </summary>
    private static int AppendRun(Routes routes, PreparedBatch batch, int place, long deadline)
    {
        var touched = batch.Sorter.Touched;
        var held = routes.Of(touched[place]).Lock;
        lock (held)
        {
            for (; place < touched.Length; place++)
            {
                var engine = routes.Of(touched[place]);
                if (engine.Lock != held || !TryAppend(engine, batch, batch.Sorter.PicksOf(touched[place]), deadline))
                    break;
            }
        }

        return place;
    }

    /// <summary>Appends the records of one shard. Most join the open aggregate directly; the engine appends those that change when it sends.</summary>
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
    private void RouteApart(Routes current, PreparedBatch batch, int shard)
    {
        var picks = batch.Sorter.PicksOf(shard);
        if (TryRouteElsewhere(current.Of(shard), batch, picks))
            return;
        foreach (var pick in picks)
            Route(batch.Record(pick));
    }
}

/// <summary>The route of accepted records.</summary>
internal interface IRoute
{
    /// <summary>Takes over an accepted record.</summary>
    void Route(in IncomingRecord record);

    /// <summary>Takes over the accepted records of a batch, which can be reused afterwards.</summary>
    void Route(PreparedBatch batch);
}

/// <summary>Maps hash keys to engines: one shard map and its engines, replaced as a whole.</summary>
internal sealed class Routes(ShardMap map, ShardEngine[] engines, ShardEngine? fallback)
{
    /// <summary>The map; empty while none is known.</summary>
    public ShardMap Map => map;

    /// <summary>One engine per shard of the map, at the same index.</summary>
    public ReadOnlySpan<ShardEngine> Engines => engines;

    /// <summary>The engine for hash keys that no shard of the map owns; for all of them while no map is known.</summary>
    public ShardEngine? Fallback => fallback;

    public IEnumerable<ShardEngine> All => fallback is null ? engines : engines.Append(fallback);

    public ShardEngine Find(UInt128 hashKey) => Of(map.Count == 0 ? -1 : map.Find(hashKey));

    /// <summary>Returns the engine of a place in the map, as in <see cref="ShardSorter.Touched"/>; one before or beyond the map means none.</summary>
    public ShardEngine Of(int place) => (uint)place < (uint)engines.Length ? engines[place] : fallback ?? engines[0];
}

/// <summary>Holds the routes in force.</summary>
internal sealed class RouteTable(Routes first)
{
    private Routes _current = first;

    public Routes Current => Volatile.Read(ref _current);

    public void Replace(Routes next) => Volatile.Write(ref _current, next);
}
