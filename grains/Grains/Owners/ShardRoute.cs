using Orleans.Kpl.Grains.Links;
using Orleans.Kpl.Pipeline.Engines;
using Orleans.Kpl.Pipeline.Records;

namespace Orleans.Kpl.Grains.Owners;

/// <summary>Where the records of one shard go from this silo: to its owner, or in line until it is known who that is.</summary>
internal sealed class ShardRoute(string shardId)
{
    private readonly Lock _lock = new();
    private readonly FrameQueue _waiting = new();
    private Outbox? _owner;
    private bool _isLocating;

    public string ShardId => shardId;

    /// <summary>Takes a record over.</summary>
    /// <param name="record">The record.</param>
    /// <param name="engine">The shard's engine here, which was closed.</param>
    /// <param name="owner">Where it went; null when it waits.</param>
    public Step Add(in IncomingRecord record, ShardEngine engine, out Outbox? owner)
    {
        lock (_lock)
        {
            owner = _owner;
            // It opens first and takes what waits here then: either this record is among that, or the engine takes it itself.
            if (!engine.IsElsewhere)
                return Step.RouteAgain;
            if (owner is not null && owner.TryAdd(record))
                return Step.None;
            owner = _owner = null;
            _waiting.Add(record);
            if (_isLocating)
                return Step.None;
            _isLocating = true;
            return Step.Locate;
        }
    }

    /// <summary>Another silo owns the shard: what waits goes there. False when that one was lost meanwhile.</summary>
    public bool ResolveTo(Outbox owner)
    {
        lock (_lock)
        {
            while (_waiting.Peek() is { } frame)
            {
                if (!owner.TryAdd(frame))
                    return false;
                _waiting.Take();
            }

            _owner = owner;
            _isLocating = false;
            return true;
        }
    }

    /// <summary>This silo owns the shard. Returns what waits.</summary>
    public List<QueuedFrame> ResolveLocal()
    {
        lock (_lock)
        {
            _owner = null;
            _isLocating = false;
            return _waiting.TakeAll();
        }
    }

    /// <summary>Takes out what waits; it is still to be found out who the owner is.</summary>
    public List<QueuedFrame> TakeWaiting()
    {
        lock (_lock)
            return _waiting.TakeAll();
    }

    /// <summary>The shard is no more where it was thought to be.</summary>
    public void Forget(Outbox? owner)
    {
        lock (_lock)
        {
            if (ReferenceEquals(_owner, owner))
                _owner = null;
        }
    }

    /// <summary>What is left to do for a record.</summary>
    public enum Step
    {
        /// <summary>Nothing: it is on its way, or waits.</summary>
        None,

        /// <summary>It waits, and the caller has to find out who the owner is.</summary>
        Locate,

        /// <summary>It was not taken over: the engine here has just opened.</summary>
        RouteAgain,
    }

    public long OldestAcceptedAt()
    {
        lock (_lock)
            return _waiting.OldestAcceptedAt();
    }
}
