using System.Collections.Concurrent;
using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Owners;
using Orleans.Kpl.Pipeline.Owning;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Silos.Links;

namespace Orleans.Kpl.Silos.Owners;

/// <summary>
/// Owners of a stream whose records may overtake each other: records that came back from one owner go to the next at once, and records of
/// shards not owned here are passed on.
/// </summary>
internal sealed class UnorderedOwners(StreamPipeline stream, OwnersContext context) : StreamOwners(stream, context)
{
    private readonly ConcurrentDictionary<string, ShardRoute> _routes = new(StringComparer.Ordinal);
    private readonly HeldRecords _held = new(stream);

    public override long OldestAcceptedAt => Math.Min(
        Math.Min(base.OldestAcceptedAt, _held.OldestAcceptedAt()),
        _routes.Values.Select(static r => r.OldestAcceptedAt()).DefaultIfEmpty(long.MaxValue).Min());

    public override bool IsAtRest => base.IsAtRest && _held.IsEmpty && _routes.Values.All(static r => r.IsAtRest);

    public override IShardQueue? NewQueue(ShardEngine engine) => null;

    public override void Forward(ShardEngine engine, in IncomingRecord record)
    {
        var route = RouteOf(engine.Range.ShardId);
        Add(route, record, engine, out var owner);
        (record.Member.Sink as ISentElsewhere)?.SentElsewhere(1);
        owner?.Pump();
    }

    public override void Forward(ShardEngine engine, PreparedBatch batch, ReadOnlySpan<int> picks)
    {
        var route = RouteOf(engine.Range.ShardId);
        Outbox? owner = null;
        foreach (var pick in picks)
            Add(route, batch.Record(pick), engine, out owner);
        (batch.Sink as ISentElsewhere)?.SentElsewhere(picks.Length);
        owner?.Pump();
    }

    public override void Opened(ShardEngine engine)
    {
        // The map may show by now what the held records waited for. Other engines' locks must not be taken under this one's.
        if (!_held.IsEmpty)
            _ = Task.Run(_held.Release);
        if (!_routes.TryGetValue(engine.Range.ShardId, out var route))
            return;
        foreach (var frame in route.ResolveLocal())
        {
            var hasStrays = false;
            frame.ForEach((in IncomingRecord record) => hasStrays |= !engine.Range.Contains(record.HashKey) || !engine.TryAppend(record));
            // These hash keys belong to another shard by now; its lock must not be taken under this one's.
            if (hasStrays)
                _ = Task.Run(() => RouteStraysAgain(frame, engine.Range));
        }
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
        _held.Stop();
    }

    protected override void StopRoutingTo(Outbox outbox)
    {
        foreach (var route in _routes.Values)
            route.Forget(outbox);
    }

    protected override void Gone(string shardId, Outbox outbox)
    {
        if (_routes.TryGetValue(shardId, out var route))
            route.Forget(outbox);
        // The owner there has passed our records on to a shard that the map here does not show.
        else if (!Stream.Shards.IsKnown(shardId))
            Stream.RefreshMap();
    }

    /// <summary>
    /// Takes over a record for the owner of its shard. One that came from another silo waits while the map here is behind: that silo has a newer one.
    /// </summary>
    private void Add(ShardRoute route, in IncomingRecord record, ShardEngine engine, out Outbox? owner)
    {
        owner = null;
        var step = StepOfForwarded(record, engine) ?? route.Add(record, engine, out owner);
        switch (step)
        {
            case ShardRoute.Step.Hold:
                _held.Add(record);
                break;
            case ShardRoute.Step.RouteAgain:
                Stream.Forwarding.RouteAgain(record);
                return;
            case ShardRoute.Step.Locate:
                _ = Task.Run(() => LocateAsync(route.ShardId, TimeSpan.Zero, owner => Resolve(route, owner), () => EndExpired(route)));
                break;
        }

        if (record.Member.Sink is ForwardedBatchSink forwarded)
            forwarded.Passed(route.ShardId);
    }

    /// <summary>
    /// What becomes of a record that came from another silo, before its owner is asked for; null where it is passed on. The engine is looked at last:
    /// a map that shows the shard may have come into force since the engine was found.
    /// </summary>
    private ShardRoute.Step? StepOfForwarded(in IncomingRecord record, ShardEngine engine)
    {
        if (record.Member.Sink is not ForwardedBatchSink)
            return null;
        if (Stream.Shards.AreBehind)
            return ShardRoute.Step.Hold;
        return Stream.Shards.IsInForce(engine, record.HashKey) ? null : ShardRoute.Step.RouteAgain;
    }

    /// <summary>Sends the records that waited for the owner to be found.</summary>
    private bool Resolve(ShardRoute route, Outbox? owner)
    {
        if (owner is null)
        {
            RouteAgain(route.ResolveLocal());
            return true;
        }

        var returning = new List<QueuedFrame>();
        var isResolved = route.ResolveTo(owner, returning);
        owner.Pump();
        RouteAgain(returning);
        return isResolved;
    }

    /// <summary>
    /// Completes the expired records and routes the others again. An engine without a shard would keep the expired ones; here only their
    /// outcomes are left to set.
    /// </summary>
    private void EndExpired(ShardRoute route)
    {
        var now = Stream.Clock.Now;
        foreach (var frame in route.TakeWaiting())
        {
            Stream.Forwarding.End(ForwardedOutcomes.Expired(frame, now, Stream.Clock.ToUtc(now)));
            frame.RouteAgain(Stream, ifLaterThan: now);
        }
    }

    private void RouteStraysAgain(QueuedFrame frame, ShardRange range) => frame.ForEach((in IncomingRecord record) =>
    {
        if (!range.Contains(record.HashKey))
            Stream.Forwarding.RouteAgain(record);
    });

    private void RouteAgain(List<QueuedFrame> frames)
    {
        foreach (var frame in frames)
            frame.RouteAgain(Stream);
    }

    private ShardRoute RouteOf(string shardId) => _routes.GetOrAdd(shardId, id => new ShardRoute(id, Stream.NewForwardedNumbers()));
}
