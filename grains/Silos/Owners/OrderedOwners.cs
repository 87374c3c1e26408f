using System.Collections.Concurrent;
using System.Diagnostics;
using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Pipeline.Owners;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Silos.Links;

namespace Orleans.Kpl.Silos.Owners;

/// <summary>
/// Owners of a stream whose records keep their order: each shard has a queue here, which goes to one owner at a time. Records that an owner
/// cannot send come back, since only this silo knows which records go first.
/// </summary>
internal sealed class OrderedOwners(StreamPipeline stream, OwnersContext context) : StreamOwners(stream, context)
{
    private readonly ConcurrentDictionary<long, OrderedShardQueue> _lanes = new();
    private long _made;

    public override long OldestAcceptedAt =>
        Math.Min(base.OldestAcceptedAt, _lanes.Values.Select(static l => l.OldestAcceptedAt()).DefaultIfEmpty(long.MaxValue).Min());

    public override bool IsAtRest => base.IsAtRest && _lanes.Values.All(static l => l.IsAtRest);

    public override IShardQueue NewQueue(ShardEngine engine)
    {
        var lane = new OrderedShardQueue(Stream, engine, this, Interlocked.Increment(ref _made));
        _lanes.TryAdd(lane.Number, lane);
        return lane;
    }

    /// <summary>Removes a queue that is empty and stays empty.</summary>
    public void Remove(OrderedShardQueue lane) => _lanes.TryRemove(lane.Number, out _);

    /// <summary>Returns the number of the next tenure.</summary>
    public long NextTurn() => Context.Memory.NextTurn();

    /// <summary>Finds the owner of a shard, for its queue.</summary>
    public void Locate(string shardId, int fruitless, Func<Outbox?, bool> settle, Action endExpired) =>
        _ = Task.Run(() => LocateAsync(shardId, fruitless, settle, endExpired));

    public override void Forward(ShardEngine engine, in IncomingRecord record) => throw new UnreachableException("the shards of an ordered stream have lanes");

    public override void Forward(ShardEngine engine, PreparedBatch batch, ReadOnlySpan<int> picks) => throw new UnreachableException("the shards of an ordered stream have lanes");

    public override void Opened(ShardEngine engine)
    {
        // Its queue is notified outside the engine's lock.
    }

    protected override void StopRoutingTo(Outbox outbox)
    {
        foreach (var lane in _lanes.Values)
            lane.Leave(outbox);
    }

    protected override void CameBack(FrameQueue records, Outbox from)
    {
        // Its tenure has them.
    }
}
