using System.Diagnostics;
using Orleans.Kpl.Pipeline.Aggregation;
using Orleans.Kpl.Pipeline.Owning;
using Orleans.Kpl.Pipeline.Routing;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Ordering;

/// <summary>
/// Owns one shard of an ordered stream. One Kinesis record is in flight; what comes meanwhile joins the open aggregate, which grows. What
/// is in flight keeps its place when it has to be sent again, and everything newer waits behind it.
/// </summary>
/// <remarks>
/// When the shard is resharded, the engine holds on to what it has until its record in flight has ended, then hands everything over, in
/// order, to the engines that succeed it. They send nothing before all their predecessors have done so. The same goes for what was accepted
/// here for a shard that another process serves: see <see cref="IShardLane"/>.
/// </remarks>
internal sealed partial class OrderedEngine : ShardEngine
{
    /// <summary>Splitting off members that expire one after the other costs: it is done this often at most.</summary>
    private const long ExpiryGrid = 20 * TimeSpan.TicksPerMillisecond;

    private readonly HeadLine _head;
    private readonly RoundTripGrowth _growth = new();
    private readonly SequenceCheck _sequence = new();
    private readonly List<OrderedEngine> _successors = [];
    private Routes? _next;
    private KinesisRecord? _inFlight;
    private long _sentAt;
    private int _predecessors;
    private bool _isOver;

    public OrderedEngine(
        IEngineHost host, StreamSettings settings, MonotonicClock clock, TimerQueue timers, ShardRange range, EngineKind kind, bool isOpen = true)
        : this(host, settings, clock, timers, range, kind, isOpen, new HeadLine())
    {
    }

    private OrderedEngine(
        IEngineHost host, StreamSettings settings, MonotonicClock clock, TimerQueue timers, ShardRange range, EngineKind kind, bool isOpen, HeadLine head)
        : base(host, settings, clock, timers, range, kind, isOpen, head) => _head = head;

    /// <summary>The number that the shard gave to the Kinesis record before the one in flight; null where it gave none yet.</summary>
    public string? SequenceNumberForOrdering => _sequence.LastOf(Range.ShardId);

    private protected override AggregationLimits LimitsNow => Kind == EngineKind.Unpredicted ? base.LimitsNow : _growth.Limit(_settings.Shard, base.LimitsNow);

    private protected override bool IsOver => _isOver || IsGivenUp && !IsRetired;

    private bool IsRetired => _state == EngineState.Retired;

    /// <summary>The service does not take the former number for the stream's: ordering starts anew.</summary>
    public void ForgetSequenceNumber() => _sequence.Forget();

    public override string? Taken(string shardId, string sequenceNumber)
    {
        lock (_gate)
            _growth.OnRoundTrip(_clock.Now - _sentAt);
        return _sequence.Next(shardId, sequenceNumber);
    }

    public override bool TryTakeBack(KinesisRecord record)
    {
        lock (_gate)
        {
            if (IsGivenUp || _open.Boundaries.Divide(record))
                return false;
            Landed();
            _head.Add(record);
            _nextExpiry = Math.Min(_nextExpiry, record.ExpiresAt);
            Settle(_clock.Now);
            return true;
        }
    }

    public override bool TryKeepInPlace(KinesisRecord record)
    {
        List<KinesisRecord> held = [];
        var ended = new List<KinesisRecord>();
        lock (_gate)
        {
            if (!ReferenceEquals(_inFlight, record) || IsGivenUp && _next is null)
                return false;
            if (IsRetired)
                held = [record, .. TakeAll()];
            else
                TakeIn(Regroup(record, ended));
        }

        PassOn(held);
        foreach (var left in ended)
            _host.Reroute(left);
        record.Release();
        return true;
    }

    public override void Ended(KinesisRecord record)
    {
        if (!ReferenceEquals(Volatile.Read(ref _inFlight), record))
            return;
        lock (_gate)
        {
            Landed();
            if (!IsGivenUp)
                Settle(_clock.Now);
        }

        Finish();
    }

    /// <summary>What is held and straddles a boundary is taken apart in its place; what is returned has ended.</summary>
    public override List<KinesisRecord> Cut(Boundaries boundaries)
    {
        var within = boundaries.Within(Range);
        var ended = new List<KinesisRecord>();
        lock (_gate)
        {
            if (IsRetired || Kind != EngineKind.Predicted || _open.Boundaries.Same(within))
                return ended;
            CloseAll();
            _open = NewParts(within);
            ReplaceHeld(r => within.Divide(r) ? Regroup(r, ended) : null);
            Settle(_clock.Now);
        }

        return ended;
    }

    /// <summary>What is too large is taken apart in its place; what is returned is too large alone.</summary>
    public override List<KinesisRecord> TakeLarger(long bytes)
    {
        List<KinesisRecord> ended = [], alone = [];
        lock (_gate)
        {
            CloseAll();
            _open = NewParts(_open.Boundaries);
            ReplaceHeld(r => r.Size > bytes && r.Encoded.Count > 1 ? Regroup(r, ended) : null);
            ReplaceHeld(r =>
            {
                if (r.Size <= bytes)
                    return null;
                alone.Add(r);
                return [];
            });
            Settle(_clock.Now);
        }

        foreach (var left in ended)
            _host.Reroute(left);
        return alone;
    }

    public override List<KinesisRecord> Retire()
    {
        List<KinesisRecord> all;
        lock (_gate)
        {
            _state = EngineState.Retired;
            all = TakeAll();
        }

        _lane?.Close();
        Finish();
        return all;
    }

    public override void SucceededBy(Routes former, Routes next)
    {
        var successors = next.Overlapping(Range).OfType<OrderedEngine>().Where(e => !former.Holds(e)).ToList();
        lock (_gate)
        {
            _next = next;
            _successors.AddRange(successors);
        }

        foreach (var successor in successors)
            successor.AwaitPredecessor();
    }

    /// <summary>Takes no records any more; what is held is handed over as soon as nothing is in flight.</summary>
    public override void StepDown()
    {
        lock (_gate)
            _state = EngineState.Retired;
        _lane?.Close();
        Finish();
    }

    private protected override long Drain(long now)
    {
        if (_inFlight is not null || IsGivenUp)
            return long.MaxValue;
        if (_head.NextDue is not long.MaxValue and var due)
            return due > now ? due : TrySend(_head.Peek(now)!, _head.Dequeue, now);
        if (_ready.TryPeek(out var next))
            return TrySend(next, () => _ready.Dequeue(), now);

        var open = _open.First();
        if (open.Deadline > now)
            return open.Deadline;
        if (!_bucket.TryTake(now, open.Size))
            return TokensAt(now, open.Size);
        SendNow(Offer(open.Close(this), now), now);
        open.Renew(LimitsNow);
        return long.MaxValue;
    }

    private protected override List<KinesisRecord> TakeExpired(long now)
    {
        foreach (var open in _open.All)
        {
            if (open.ExpiresAt <= now)
                _ready.Enqueue(open.Close(this));
        }

        var ended = new List<KinesisRecord>();
        ReplaceHeld(r => r.ExpiresAt <= now ? Regroup(r, ended) : null);
        _nextExpiry = _head.EarliestExpiry;
        foreach (var open in _open.All)
            _nextExpiry = Math.Min(_nextExpiry, open.ExpiresAt);
        foreach (var record in _ready)
            _nextExpiry = Math.Min(_nextExpiry, record.ExpiresAt);
        _nextExpiry = Math.Max(_nextExpiry, now + ExpiryGrid);
        return ended;
    }

    private long TrySend(KinesisRecord record, Action dequeue, long now)
    {
        if (!_bucket.TryTake(now, record.Size))
            return TokensAt(now, record.Size);
        dequeue();
        SendNow(record, now);
        return long.MaxValue;
    }

    private void SendNow(KinesisRecord record, long now)
    {
        _inFlight = record;
        _sentAt = now;
        Send(record, now);
    }

    /// <summary>This engine succeeds one that still has something in flight.</summary>
    private void AwaitPredecessor()
    {
        lock (_gate)
        {
            _predecessors++;
            _laneAwaits++;
            _pauses++;
        }
    }

    private void PredecessorIsOver()
    {
        lock (_gate)
        {
            _predecessors--;
            if (--_pauses == 0 && !IsGivenUp)
                Settle(_clock.Now);
        }

        Finish();
    }

    /// <summary>Once nothing is in flight here, nor at predecessors, everything is handed over and successors may begin.</summary>
    private void Finish()
    {
        List<KinesisRecord> held;
        lock (_gate)
        {
            if (!IsRetired || _isOver || _inFlight is not null || _predecessors > 0 || _handOvers > 0)
                return;
            _isOver = true;
            _emptied?.TrySetResult();
            _timers.Cancel(this);
            held = TakeAll();
        }

        PassOn(held);
        foreach (var successor in _successors)
            successor.PredecessorIsOver();
        lock (_gate)
            _isHandedOver = true;
        FinishLane();
    }

    private void PassOn(List<KinesisRecord> held)
    {
        if (held.Count == 0)
            return;
        if (_next is not { } next)
        {
            // The producer is being disposed: they end.
            foreach (var record in held)
                _host.Reroute(record);
            return;
        }

        var regrouping = new Regrouping(_clock.Now, _settings.Options.MaxAttempts, hash => (OrderedEngine)next.Find(hash));
        foreach (var record in held)
            regrouping.Add(record);
        foreach (var (engine, records) in regrouping.Close())
            engine.TakeOver(records);
        foreach (var left in regrouping.Ended)
            _host.Reroute(left);
        foreach (var record in held)
            record.Release();
    }

    /// <summary>Takes over what a predecessor held: it goes before all that is held here.</summary>
    private void TakeOver(List<KinesisRecord> records)
    {
        var ended = new List<KinesisRecord>();
        lock (_gate)
        {
            Debug.Assert(!_isOver, "a successor ends after its predecessors");
            if (_state == EngineState.Elsewhere)
            {
                // Another process serves the shard: they go there.
                ended = records;
            }
            else
            {
                TakeIn([.. records.SelectMany(r => _open.Boundaries.Divide(r) ? Regroup(r, ended) : [r])]);
                Settle(_clock.Now);
            }
        }

        foreach (var left in ended)
            _host.Reroute(left);
    }

    private void TakeIn(List<KinesisRecord> records)
    {
        _head.PutInFront(records);
        foreach (var record in records)
            _nextExpiry = Math.Min(_nextExpiry, record.ExpiresAt);
    }

    private void CloseAll()
    {
        foreach (var open in _open.All)
        {
            if (!open.IsEmpty)
                _ready.Enqueue(open.Close(this));
        }
    }

    /// <summary>Puts others in the place of some of what is held; null leaves one where it is.</summary>
    private void ReplaceHeld(Func<KinesisRecord, List<KinesisRecord>?> replace)
    {
        var held = new List<KinesisRecord>();
        _head.TakeAll(held);
        _head.PutInFront([.. held.SelectMany(r => replace(r) ?? [r])]);
        for (var left = _ready.Count; left > 0; left--)
        {
            var record = _ready.Dequeue();
            foreach (var other in replace(record) ?? [record])
                _ready.Enqueue(other);
        }
    }

    /// <summary>The members of a Kinesis record that go on, in their order, as this engine sends them now.</summary>
    private List<KinesisRecord> Regroup(KinesisRecord record, List<KinesisRecord> ended)
    {
        var regrouping = new Regrouping(_clock.Now, _settings.Options.MaxAttempts, _ => this);
        regrouping.Add(record);
        var goingOn = regrouping.Close().SelectMany(static g => g.Records).ToList();
        foreach (var other in goingOn)
            other.NotBefore = record.NotBefore;
        ended.AddRange(regrouping.Ended);
        if (!ReferenceEquals(_inFlight, record))
            record.Release();
        return goingOn;
    }

    internal OpenAggregates NewParts() => NewParts(_open.Boundaries);

    private OpenAggregates NewParts(Boundaries boundaries) => new(boundaries, NewAggregate(), NewAggregate);
}
