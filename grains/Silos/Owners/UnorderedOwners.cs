using System.Collections.Concurrent;
using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Pipeline.Owning;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Outcomes;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Serving;
using Orleans.Kpl.Silos.Links;

namespace Orleans.Kpl.Silos.Owners;

/// <summary>
/// Owners of a stream whose records may overtake each other: records that came back from one owner go to the next at once. Those that another silo sent
/// here go back to it where their shard is not served here, and to nobody else: so none goes in a circle between silos with different maps.
/// </summary>
internal sealed class UnorderedOwners(StreamPipeline stream, OwnersContext context) : StreamOwners(stream, context)
{
    private readonly ConcurrentDictionary<string, ShardRoute> _routes = new(StringComparer.Ordinal);

    public override long OldestAcceptedAt =>
        Math.Min(base.OldestAcceptedAt, _routes.Values.Select(static r => r.OldestAcceptedAt()).DefaultIfEmpty(long.MaxValue).Min());

    public override bool IsAtRest => base.IsAtRest && _routes.Values.All(static r => r.IsAtRest);

    public override IShardQueue? NewQueue(ShardEngine engine) => null;

    /// <summary>Takes over records for the owner of their shard. Those that another silo sent go back to it.</summary>
    public override void Forward(ShardEngine engine, in ShardRecords records)
    {
        if (records.Sink.Rider is { CountsElsewhere: true })
        {
            for (var i = 0; i < records.Count; i++)
                MixedCompleter.TryGiveBack(records[i].Member, records[i].History);
            return;
        }

        var route = RouteOf(engine.Range.ShardId);
        var step = route.Add(records, engine, out var owner);
        if (step == ShardRoute.Step.RouteAgain)
        {
            for (var i = 0; i < records.Count; i++)
                Stream.Forwarding.RouteAgain(records[i]);
            return;
        }

        (records.Sink as ISentElsewhere)?.SentElsewhere(records.Count);
        owner?.Pump();
        if (step != ShardRoute.Step.Locate)
            return;
        var fruitless = route.FruitlessAt(Stream.Clock.Now);
        _ = Task.Run(() => LocateAsync(route.ShardId, fruitless, found => Resolve(route, found)));
    }

    public override void Opened(ShardEngine engine)
    {
        // Under its lock, other engines' locks must not be taken; and the shard of its id may have had other hash keys before.
        if (_routes.TryGetValue(engine.Range.ShardId, out var route) && route.ResolveLocal() is { Count: > 0 } frames)
            _ = Task.Run(() => RouteAgain(frames));
    }

    public override void Closed(string shardId)
    {
        base.Closed(shardId);
        if (_routes.TryRemove(shardId, out var route))
            RouteAgain(route.ResolveLocal());
    }

    public override void Stop(string code, string message)
    {
        base.Stop(code, message);
        foreach (var route in _routes.Values)
            RouteAgain(route.ResolveLocal());
    }

    protected override void StopRoutingTo(Outbox outbox)
    {
        foreach (var route in _routes.Values)
            route.Forget(outbox);
    }

    protected override void CameBack(FrameQueue records, Outbox from)
    {
        foreach (var frame in records.TakeAll())
        {
            frame.ForEach((in IncomingRecord record) =>
            {
                // Asked for again, the owner gave them back: the shard may be closed by now.
                if (_routes.TryGetValue(Stream.Shards.ShardOf(record.HashKey), out var route) && route.CameBackFrom(from, Stream.Clock.Now))
                    Stream.RefreshMap();
                Stream.Forwarding.RouteAgain(record);
            });
        }
    }

    /// <summary>Sends the records that waited for the owner to be found.</summary>
    private bool Resolve(ShardRoute route, Outbox? owner)
    {
        if (owner is null)
        {
            RouteAgain(route.ResolveLocal());
            return true;
        }

        var isResolved = route.ResolveTo(owner);
        owner.Pump();
        return isResolved;
    }

    private void RouteAgain(List<OutgoingFrame> frames)
    {
        foreach (var frame in frames)
            frame.RouteAgain(Stream);
    }

    private ShardRoute RouteOf(string shardId) => _routes.GetOrAdd(shardId, id => new ShardRoute(Stream, id));
}
