using System.Collections.Concurrent;
using System.Diagnostics;
using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Serving;
using Orleans.Kpl.Silos.Links;

namespace Orleans.Kpl.Silos.Owners;

/// <summary>
/// Owners of a stream whose records keep their order: each shard has a queue here, which goes to one owner at a time. Records that an owner
/// cannot send come back, since only this silo knows which records go first.
/// </summary>
internal sealed class OrderedOwners(StreamPipeline stream, OwnersContext context) : StreamOwners(stream, context)
{
    private readonly ConcurrentDictionary<long, OrderedShardQueue> _queues = new();
    private long _made;

    public override long OldestAcceptedAt =>
        Math.Min(base.OldestAcceptedAt, _queues.Values.Select(static q => q.OldestAcceptedAt()).DefaultIfEmpty(long.MaxValue).Min());

    public override bool IsAtRest => base.IsAtRest && _queues.Values.All(static q => q.IsAtRest);

    public override IShardQueue NewQueue(ShardEngine engine)
    {
        var queue = new OrderedShardQueue(Stream, engine, this, Interlocked.Increment(ref _made));
        _queues.TryAdd(queue.Number, queue);
        return queue;
    }

    /// <summary>Removes a queue that is empty and stays empty.</summary>
    public void Remove(OrderedShardQueue queue) => _queues.TryRemove(queue.Number, out _);

    /// <summary>Returns the number of the next tenure.</summary>
    public long NextTenure() => Context.Memory.NextTenure();

    /// <summary>Finds the owner of a shard, for its queue.</summary>
    public void Locate(string shardId, int fruitless, Func<Outbox?, bool> settle) =>
        _ = Task.Run(() => LocateAsync(shardId, fruitless, settle));

    public override void Forward(ShardEngine engine, in ShardRecords records) => throw new UnreachableException("the shards of an ordered stream have queues");

    public override void Opened(ShardEngine engine)
    {
        // Its queue is notified outside the engine's lock.
    }

    protected override void StopRoutingTo(Outbox outbox)
    {
        foreach (var queue in _queues.Values)
            queue.Leave(outbox);
    }

    protected override void CameBack(FrameQueue records, Outbox from)
    {
        // Its tenure has them.
    }
}
