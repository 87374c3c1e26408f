using Orleans.Kpl.Pipeline.Accepting;
using Orleans.Kpl.Pipeline.Engines;
using Orleans.Kpl.Pipeline.Routing;

namespace Orleans.Kpl.Pipeline;

/// <summary>The same way for the records of a batch together.</summary>
internal sealed partial class StreamPipeline
{
    /// <summary>Route and aggregate for a batch: the records of each shard together, and under one lock those of engines that share one.</summary>
    private void Route(PreparedBatch batch)
    {
        var routes = _topology.Current;
        batch.Sorter.Sort(routes.Map, batch.Hashes);
        var touched = batch.Sorter.Touched;
        var deadline = _settings.Linger.DeadlineFrom(batch.AcceptedAt);
        var ahead = new PlacesAhead(routes, touched);
        for (var place = 0; place < touched.Length;)
        {
            var refused = _keepsLanes ? place : AppendRun(routes, batch, place, deadline, ref ahead);
            if (refused > place)
            {
                place = refused;
                continue;
            }

            ahead.Next();
            RouteApart(routes, batch, touched[place++]);
        }
    }

    /// <summary>Takes in the records of the engines from there on that share a lock, up to the first one that refuses, whose place is returned.</summary>
    private static int AppendRun(Routes routes, PreparedBatch batch, int place, long deadline, ref PlacesAhead ahead)
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

    /// <summary>Most records of a batch just join the aggregate that is open, one by one their engine sees to the others.</summary>
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

    /// <summary>The records of one shard, which does not simply take them in.</summary>
    private void RouteApart(Routes routes, PreparedBatch batch, int shard)
    {
        var picks = batch.Sorter.PicksOf(shard);
        var engine = routes.OfTouched(shard);
        if (_keepsLanes && (engine.Lane is { } lane ? lane.TryAdd(batch, picks) : engine.TryAppend(batch, picks)))
            return;
        if (!_keepsLanes && engine.IsElsewhere)
        {
            _owners!.Forward(engine, batch, picks);
            return;
        }

        foreach (var pick in picks)
            Route(batch.Record(pick));
    }
}
