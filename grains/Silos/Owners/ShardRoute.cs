using System.Runtime.InteropServices;
using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Pipeline.Owning;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Serving;
using Orleans.Kpl.Pipeline.Timing;
using Orleans.Kpl.Silos.Links;

namespace Orleans.Kpl.Silos.Owners;

/// <summary>Routes the records of one shard from this silo: to its owner, or into a queue until the owner is known.</summary>
internal sealed class ShardRoute
{
    /// <summary>The time after which a record that comes back has another reason: longer than any wait between two questions.</summary>
    private const long Series = 5 * TimeSpan.TicksPerSecond;

    private readonly Lock _lock = new();
    private readonly StreamPipeline _stream;
    private readonly FrameQueue _waiting;
    private readonly ExpiryTimer _expiry;
    private Outbox? _owner;
    private bool _isLocating;
    private int _fruitless;
    private long _cameBackAt = long.MinValue / 2;

    public ShardRoute(StreamPipeline stream, string shardId)
    {
        (_stream, ShardId) = (stream, shardId);
        _waiting = new FrameQueue(stream.NewForwardedNumbers());
        _expiry = new ExpiryTimer(stream.Timers, EndExpired);
    }

    public string ShardId { get; }

    /// <summary>Whether nothing waits, and the owner is not sought.</summary>
    public bool IsAtRest
    {
        get
        {
            lock (_lock)
                return _waiting.IsEmpty && !_isLocating;
        }
    }

    /// <summary>Takes over records, all in the same way.</summary>
    /// <param name="engine">The shard's engine here, which was closed.</param>
    /// <param name="owner">The outbox they went to; null when they wait.</param>
    public Step Add(in ShardRecords records, ShardEngine engine, out Outbox? owner)
    {
        lock (_lock)
        {
            owner = _owner;
            // The engine opens first and then takes the records that wait here: either these are among them, or the engine takes them
            // directly.
            if (!engine.IsElsewhere)
                return Step.RouteAgain;
            if (owner is not null && owner.TryAdd(records))
                return Step.None;
            owner = _owner = null;
            _waiting.Add(records);
            _expiry.Expect(records.Sink.ExpiresAt);
            if (_isLocating)
                return Step.None;
            _isLocating = true;
            return Step.Locate;
        }
    }

    /// <summary>Sends the waiting records to another silo, which owns the shard. False when that silo was lost meanwhile.</summary>
    /// <param name="owner">The way there.</param>
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

    /// <summary>Marks the shard as owned by this silo. Returns the waiting records.</summary>
    public List<OutgoingFrame> ResolveLocal()
    {
        lock (_lock)
        {
            _owner = null;
            _isLocating = false;
            return _waiting.TakeAll();
        }
    }

    /// <summary>Forgets an owner that does not own the shard any more.</summary>
    public void Forget(Outbox? owner)
    {
        lock (_lock)
        {
            if (ReferenceEquals(_owner, owner))
                _owner = null;
        }
    }

    /// <summary>
    /// Notes that records came back from an owner, and forgets it unless it was forgotten before. True where records came back from the last one too.
    /// </summary>
    public bool CameBackFrom(Outbox owner, long now)
    {
        lock (_lock)
        {
            if (!ReferenceEquals(_owner, owner))
                return false;
            _owner = null;
            _fruitless = now - _cameBackAt < Series ? _fruitless + 1 : 0;
            _cameBackAt = now;
            return _fruitless > 0;
        }
    }

    /// <summary>How many owners in a row have given records back after the first that did.</summary>
    public int FruitlessAt(long now)
    {
        lock (_lock)
            return now - _cameBackAt < Series ? _fruitless : 0;
    }

    /// <summary>The caller's next step for a record.</summary>
    public enum Step
    {
        /// <summary>Nothing: the record is on its way, or waits.</summary>
        None,

        /// <summary>Find the owner: the record waits for it.</summary>
        Locate,

        /// <summary>Route the record again: it was not taken over, since the engine here has just opened.</summary>
        RouteAgain,
    }

    public long OldestAcceptedAt()
    {
        lock (_lock)
            return _waiting.OldestAcceptedAt();
    }

    /// <summary>Completes the records whose time-to-live is over: the question who owns the shard may be without an answer for longer.</summary>
    private void EndExpired(long now)
    {
        List<ForwardedOutcome> ends = [];
        lock (_lock)
        {
            _waiting.TakeExpired(now, _stream.Clock.ToUtc(now), ends);
            _expiry.Searched(now, _waiting.EarliestExpiry());
        }

        _stream.Forwarding.End(CollectionsMarshal.AsSpan(ends));
    }
}
