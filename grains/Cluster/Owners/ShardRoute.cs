using Orleans.Kpl.Grains.Links;
using Orleans.Kpl.Pipeline;

namespace Orleans.Kpl.Grains.Owners;

/// <summary>Where the records of one shard go from this silo: to its owner, or in line until it is known who that is.</summary>
internal sealed class ShardRoute(string shardId)
{
    private readonly Lock _gate = new();
    private readonly FrameQueue _waiting = new();
    private Outbox? _owner;
    private bool _isLocating;

    public string ShardId => shardId;

    /// <summary>Takes a record over.</summary>
    /// <param name="record">The record.</param>
    /// <param name="owner">Where it went; null when it waits.</param>
    /// <returns>True when the caller has to find out who the owner is.</returns>
    public bool Add(in IncomingRecord record, out Outbox? owner)
    {
        lock (_gate)
        {
            owner = _owner;
            if (owner is not null && owner.TryAdd(record))
                return false;
            owner = _owner = null;
            _waiting.Add(record);
            var mustLocate = !_isLocating;
            _isLocating = true;
            return mustLocate;
        }
    }

    /// <summary>Another silo owns the shard: what waits goes there. False when that one was lost meanwhile.</summary>
    public bool LeadTo(Outbox owner)
    {
        lock (_gate)
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
    public List<HeldFrame> LeadHere()
    {
        lock (_gate)
        {
            _owner = null;
            _isLocating = false;
            return _waiting.TakeAll();
        }
    }

    /// <summary>Takes out what waits; it is still to be found out who the owner is.</summary>
    public List<HeldFrame> TakeWaiting()
    {
        lock (_gate)
            return _waiting.TakeAll();
    }

    /// <summary>The shard is no more where it was thought to be.</summary>
    public void Forget(Outbox? owner)
    {
        lock (_gate)
        {
            if (ReferenceEquals(_owner, owner))
                _owner = null;
        }
    }

    public long OldestAcceptedAt()
    {
        lock (_gate)
            return _waiting.OldestAcceptedAt();
    }
}
