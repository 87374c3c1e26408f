using System.Collections.Concurrent;
using System.Diagnostics;
using Orleans.Kpl.Grains.Links;
using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Pipeline.Engines;
using Orleans.Kpl.Pipeline.Records;

namespace Orleans.Kpl.Grains.Owners;

/// <summary>
/// Owners of a stream whose records keep their order: each shard has a lane here, which goes to one owner at a time. What an owner cannot
/// send comes back; nothing is passed on, since only here it is known what goes before it.
/// </summary>
internal sealed class OrderedOwners(StreamPipeline stream, OwnersContext context) : StreamOwners(stream, context)
{
    private readonly ConcurrentDictionary<OrderedShardQueue, byte> _lanes = new();
    private long _turns;

    public override long OldestAcceptedAt =>
        Math.Min(base.OldestAcceptedAt, _lanes.Keys.Select(static l => l.OldestAcceptedAt()).DefaultIfEmpty(long.MaxValue).Min());

    public override IShardQueue NewQueue(ShardEngine engine)
    {
        var lane = new OrderedShardQueue(Stream, engine, this);
        _lanes.TryAdd(lane, 0);
        return lane;
    }

    /// <summary>A lane has nothing any more and never will.</summary>
    public void Remove(OrderedShardQueue lane) => _lanes.TryRemove(lane, out _);

    /// <summary>The number of the next turn.</summary>
    public long NextTurn() => Interlocked.Increment(ref _turns);

    /// <summary>Finds out who owns a shard: see the lane.</summary>
    public void Locate(string shardId, TimeSpan waitFirst, Func<Outbox?, bool> settle, Action endExpired) =>
        _ = Task.Run(() => LocateAsync(shardId, waitFirst, settle, endExpired));

    public override void Forward(ShardEngine engine, in IncomingRecord record) => throw new UnreachableException("the shards of an ordered stream have lanes");

    public override void Forward(ShardEngine engine, PreparedBatch batch, ReadOnlySpan<int> picks) => throw new UnreachableException("the shards of an ordered stream have lanes");

    public override void Opened(ShardEngine engine)
    {
        // Its lane is told outside the engine's lock.
    }

    protected override void StopRoutingTo(Outbox outbox)
    {
        foreach (var lane in _lanes.Keys)
            lane.Leave(outbox);
    }

    protected override void Gone(string shardId, Outbox outbox)
    {
        // Nothing is passed on, so nothing is told to be gone: it comes back.
    }
}
