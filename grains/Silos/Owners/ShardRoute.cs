using System.Runtime.InteropServices;
using Orleans.Kpl.Pipeline;
using Orleans.Kpl.Pipeline.Owning;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Serving;
using Orleans.Kpl.Pipeline.Timing;
using Orleans.Kpl.Pipeline.Watching;
using Orleans.Kpl.Silos.Links;

namespace Orleans.Kpl.Silos.Owners;

/// <summary>Routes the records of one shard from this silo: to its owner, or into a queue until the owner is known.</summary>
internal sealed class ShardRoute(StreamPipeline stream, StreamOwners owners, string shardId)
{
    /// <summary>The time after which a record that comes back has another reason: longer than any wait between two questions.</summary>
    private const long Series = 5 * TimeSpan.TicksPerSecond;

    private readonly Lock _lock = new();
    private readonly FrameQueue _waiting = new(stream.NewForwardedNumbers());
    private Outbox? _owner;
    private bool _isLocating;
    private int _fruitless;
    private long _cameBackAt = long.MinValue / 2;

    /// <summary>Whether nothing waits, and the owner is not sought.</summary>
    public bool IsAtRest
    {
        get
        {
            lock (_lock)
                return _waiting.IsEmpty && !_isLocating;
        }
    }

    /// <summary>Takes over records, all in the same way. False where the engine has just opened: they are to be routed again.</summary>
    /// <param name="engine">The shard's engine here, which was closed.</param>
    public bool TryAdd(in ShardRecords records, ShardEngine engine)
    {
        Outbox? owner;
        lock (_lock)
        {
            // The engine opens first and then takes the records that wait here: either these are among them, or the engine takes them
            // directly.
            if (!engine.IsElsewhere)
                return false;
            var horizon = engine.Elsewhere;
            if (_owner?.TryAdd(records, horizon) != true)
            {
                _owner = null;
                _waiting.Add(records, horizon);
                Expiry.Expect(records.Sink.ExpiresAt);
                if (!_isLocating)
                    owners.Locate(shardId, IsSeries ? _fruitless : 0, IsAwaited, Resolve);
                _isLocating = true;
            }

            owner = _owner;
        }

        owner?.Pump();
        return true;
    }

    /// <summary>Takes the waiting records: this silo owns the shard, or nobody does.</summary>
    public List<OutgoingFrame> TakeAll()
    {
        lock (_lock)
        {
            _owner = null;
            _isLocating = false;
            Expiry.Stop();
            return _waiting.TakeAll();
        }
    }

    /// <summary>Routes the waiting records again: this silo owns the shard, or nobody does.</summary>
    public void RouteAgain()
    {
        foreach (var frame in TakeAll())
            frame.RouteAgain(stream);
    }

    /// <summary>Forgets an owner that does not own the shard any more.</summary>
    public void Forget(Outbox owner)
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
    public bool CameBackFrom(Outbox owner)
    {
        lock (_lock)
        {
            if (!ReferenceEquals(_owner, owner))
                return false;
            _owner = null;
            _fruitless = IsSeries ? _fruitless + 1 : 0;
            _cameBackAt = stream.Clock.Now;
            return _fruitless > 0;
        }
    }

    public long OldestAcceptedAt()
    {
        lock (_lock)
            return _waiting.OldestAcceptedAt();
    }

    /// <summary>Whether an owner has given records back lately.</summary>
    private bool IsSeries => stream.Clock.Now - _cameBackAt < Series;

    private ExpiryTimer Expiry => field ??= new ExpiryTimer(stream.Timers, EndExpired);

    /// <summary>Whether records still wait for the owner. Where all have expired, it is not sought any more.</summary>
    private bool IsAwaited()
    {
        lock (_lock)
            return _isLocating &= !_waiting.IsEmpty;
    }

    /// <summary>Sends the waiting records to the shard's owner, null for this silo. False when that silo was lost meanwhile.</summary>
    private bool Resolve(Outbox? owner)
    {
        if (owner is null)
        {
            RouteAgain();
            return true;
        }

        lock (_lock)
        {
            if (!owner.TryAdd(_waiting))
                return false;
            _owner = owner;
            _isLocating = false;
        }

        owner.Pump();
        return true;
    }

    /// <summary>Completes the records whose time-to-live is over: the question who owns the shard may be without an answer for longer.</summary>
    private void EndExpired(long now)
    {
        List<ForwardedOutcome> ends = [];
        lock (_lock)
        {
            _waiting.TakeExpired(now, stream.Clock.ToUtc(now), ends);
            Expiry.Searched(now, _waiting.EarliestExpiry());
        }

        stream.Forwarding.End(CollectionsMarshal.AsSpan(ends));
    }
}
