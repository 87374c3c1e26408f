using Orleans.Kpl.Pipeline.Aggregation;
using Orleans.Kpl.Pipeline.Limiting;
using Orleans.Kpl.Pipeline.Load;
using Orleans.Kpl.Pipeline.Retrying;
using Orleans.Kpl.Pipeline.Routing;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline;

/// <summary>
/// Owns one shard: its open aggregate, its token bucket and the Kinesis records that wait for tokens or for another try.
/// A plain object, on whatever thread calls it; a lock that only this shard's records meet guards it.
/// </summary>
internal partial class ShardEngine : TimerEntry
{
    /// <summary>How long after a reshard throttles of a new shard are no news of other writers.</summary>
    private const long SettlingTime = TimeSpan.TicksPerSecond;

    private protected readonly IEngineHost _host;
    private protected readonly StreamSettings _settings;
    private protected readonly MonotonicClock _clock;
    private protected readonly TimerQueue _timers;
    private protected readonly TokenBucket _bucket;
    private protected readonly Lock _gate;
    private protected readonly Queue<KinesisRecord> _ready = new();
    private protected OpenAggregates _open;
    private protected int _pauses;

    // Lower bounds: looked at again when the timer fires.
    private protected long _nextExpiry = long.MaxValue;
    private readonly AdaptiveRate? _rate;
    private readonly IRetryLine _retries;
    private long _armedFor = long.MaxValue;
    private long _settledUntil = long.MaxValue;
    private bool _needsSettling;

    /// <param name="gate">The lock, which other engines may share; null for one of its own.</param>
    public ShardEngine(
        IEngineHost host, StreamSettings settings, MonotonicClock clock, TimerQueue timers, ShardRange range, EngineKind kind, bool isOpen = true, Lock? gate = null)
        : this(host, settings, clock, timers, range, kind, isOpen, new RetryLine(), gate)
    {
    }

    private protected ShardEngine(
        IEngineHost host, StreamSettings settings, MonotonicClock clock, TimerQueue timers, ShardRange range, EngineKind kind, bool isOpen, IRetryLine retries, Lock? gate = null)
    {
        _gate = gate ?? new Lock();
        _retries = retries;
        _host = host;
        _settings = settings;
        _clock = clock;
        _timers = timers;
        Range = range;
        Kind = kind;
        _state = isOpen ? EngineState.Open : EngineState.Elsewhere;
        _pauses = kind == EngineKind.Held ? 1 : 0;
        _rate = kind == EngineKind.Predicted && settings.Options.AdaptiveRate ? new AdaptiveRate() : null;
        _bucket = new TokenBucket(kind == EngineKind.Predicted ? settings.Shard : ShardLimits.None, clock.Now, _rate);
        Place = NewAggregate();
        Place.Sampler = new LoadSampler(settings.Load.SampleBytes, (uint)(range.StartingHashKey >> 96));
        _open = new OpenAggregates(Boundaries.None, Place, NewAggregate);
        SeeToJoining();
    }

    public ShardRange Range { get; }

    public EngineKind Kind { get; }

    /// <summary>
    /// The aggregate that the shard's records join, always the same one: that of the first part where boundaries cut the shard. Whoever holds
    /// <see cref="Gate"/> may let records join it without coming here (<see cref="OpenAggregate.Join"/>), which takes none where the shard is
    /// cut, is not served here, or keeps order.
    /// </summary>
    public OpenAggregate Place { get; }

    internal override int Rank => 0;

    /// <summary>Takes a record in; false when the shard is no longer owned here and the record must be routed anew.</summary>
    public bool TryAppend(in IncomingRecord record)
    {
        lock (_gate)
        {
            if (_state != EngineState.Open)
                return false;
            var now = _clock.Now;
            Append(record, now);
            SettleIfNeeded(now);
            return true;
        }
    }

    /// <summary>Guards all of this. Who takes in records for several engines that share it enters it once.</summary>
    public Lock Gate => _gate;

    /// <summary>Takes in the records of a batch that belong to this shard; false when it is no longer owned here.</summary>
    public bool TryAppend(Accepting.PreparedBatch batch, ReadOnlySpan<int> picks)
    {
        lock (_gate)
            return TryAppendHeld(batch, picks);
    }

    /// <summary>The same for a caller who holds <see cref="Gate"/>.</summary>
    public bool TryAppendHeld(Accepting.PreparedBatch batch, ReadOnlySpan<int> picks)
    {
        if (_state != EngineState.Open)
            return false;
        var now = batch.AcceptedAt;
        foreach (var pick in picks)
            Append(batch.Record(pick), now);
        SettleIfNeeded(now);
        return true;
    }

    /// <summary>Takes a Kinesis record back that failed; it is tried again from <see cref="KinesisRecord.NotBefore"/>.</summary>
    public virtual bool TryTakeBack(KinesisRecord record)
    {
        lock (_gate)
        {
            if (IsGivenUp || _open.Boundaries.Divide(record))
                return false;
            _retries.Add(record);
            _nextExpiry = Math.Min(_nextExpiry, record.ExpiresAt);
            Settle(_clock.Now);
            return true;
        }
    }

    /// <summary>Kinesis throttled this shard in the answer to a request begun at that instant: the rate may be lowered.</summary>
    public void OnThrottled(long requestStartedAt)
    {
        lock (_gate)
        {
            var now = _clock.Now;
            _bucket.Refill(now);
            _rate?.OnThrottled(now, requestStartedAt, _load?.TookNearlyAll(now) == true);
        }
    }

    /// <summary>Nothing is sent until <see cref="Resume"/>, called as often: where the shard's records go is not known.</summary>
    public void Pause()
    {
        lock (_gate)
            _pauses++;
    }

    public void Resume()
    {
        lock (_gate)
        {
            if (--_pauses == 0 && !IsGivenUp)
                Settle(_clock.Now);
        }
    }

    /// <summary>Kinesis took nothing of that record and never will: its tokens are free again.</summary>
    public void GiveBack(KinesisRecord record)
    {
        lock (_gate)
            _bucket.GiveBack(record.Size);
    }

    /// <summary>
    /// From now on one aggregate is open for each part that the boundaries cut the shard into. Returns what is held and belongs to
    /// several parts, to be routed anew.
    /// </summary>
    public virtual List<KinesisRecord> Cut(Boundaries boundaries)
    {
        var within = boundaries.Within(Range);
        lock (_gate)
            return _state == EngineState.Retired || Kind != EngineKind.Predicted || _open.Boundaries.Same(within) ? [] : TakeOut(within.Divide, within);
    }

    /// <summary>Takes the Kinesis records that are larger than that; the engine goes on.</summary>
    public virtual List<KinesisRecord> TakeLarger(long bytes)
    {
        lock (_gate)
        {
            return TakeOut(r => r.Size > bytes, _open.Boundaries);
        }
    }

    /// <summary>The shard is new: what it throttles until it has settled tells nothing about others.</summary>
    public void MaskThrottles()
    {
        lock (_gate)
            _rate?.MaskUntil(_clock.Now + SettlingTime);
    }

    /// <summary>The share of the shard that others seem to use; null where that is not watched.</summary>
    public double? ForeignShare()
    {
        lock (_gate)
            return 1 - _rate?.Rate(_clock.Now);
    }

    /// <summary>What is open leaves without waiting for its deadline, as soon as there are tokens.</summary>
    public void MakeDue()
    {
        lock (_gate)
        {
            var now = _clock.Now;
            foreach (var record in _ready)
                record.Deadline = Math.Min(record.Deadline, now);
            foreach (var open in _open.All)
                open.MakeDue(now);
            Settle(now);
        }
    }

    /// <summary>Gives the shard up: nothing is taken in or sent any more. Returns everything that was held.</summary>
    public virtual List<KinesisRecord> Retire()
    {
        lock (_gate)
        {
            return GiveUp(EngineState.Retired);
        }
    }

    /// <summary>Something waits for another try.</summary>
    public bool HasRetries
    {
        get
        {
            lock (_gate)
                return _retries.NextDue != long.MaxValue;
        }
    }

    /// <summary>A look from outside.</summary>
    public OpenState Inspect()
    {
        lock (_gate)
        {
            var (bytes, oldest) = (0, _retries.OldestAcceptedAt);
            foreach (var open in _open.All)
            {
                bytes += open.IsEmpty ? 0 : open.Size;
                oldest = Math.Min(oldest, open.OldestAcceptedAt);
            }

            foreach (var record in _ready)
                oldest = Math.Min(oldest, record.OldestAcceptedAt);
            return new OpenState(bytes, _open.First().Deadline, oldest);
        }
    }

    internal override void OnDue(long now)
    {
        List<KinesisRecord>? expired = null;
        lock (_gate)
        {
            if (IsOver)
                return;
            _armedFor = long.MaxValue;
            if (_nextExpiry <= now)
                expired = TakeExpired(now);
            Settle(now);
        }

        if (expired is null)
            return;
        foreach (var record in expired)
            _host.Reroute(record);
    }

    private void Append(in IncomingRecord record, long now)
    {
        var deadline = record.IsDueAtOnce || record.Member.Sink.IsDueAtOnce ? now : _settings.Linger.DeadlineFrom(now);
        var open = _open.For(record.HashKey);
        if (!open.TryAdd(record, deadline))
        {
            Close(open, now);
            open.TryAdd(record, deadline);
        }

        _nextExpiry = Math.Min(_nextExpiry, record.Member.Sink.ExpiresAt);
        _needsSettling |= deadline <= now;
        if (open.IsFull)
            Close(open, now);
        Sample(record, now);
    }

    private void Close(OpenAggregate open, long now)
    {
        _needsSettling = true;
        _ready.Enqueue(Offer(open.Close(this), now));
        open.Renew(LimitsNow);
    }

    /// <summary>Most records change nothing that has to be done: the aggregate that they join was open before them.</summary>
    private void SettleIfNeeded(long now)
    {
        if (_needsSettling || Math.Min(_open.First().Deadline, _nextExpiry) < _settledUntil)
            Settle(now);
    }

    /// <summary>Sends what may be sent, then sees to being woken when more may.</summary>
    private protected void Settle(long now)
    {
        _needsSettling = false;
        var wakeAt = _pauses > 0 ? long.MaxValue : Drain(now);
        wakeAt = Math.Min(wakeAt, _nextExpiry);
        _settledUntil = Math.Min(_open.First().Deadline, _nextExpiry);
        if (_emptied is not null && HoldsNothing)
            _emptied.TrySetResult();
        if (wakeAt >= _armedFor)
            return;
        _armedFor = wakeAt;
        _timers.Schedule(this, wakeAt);
    }

    /// <summary>
    /// First what failed before and may try again, then what was closed, in order, then the open aggregate if it is due. An
    /// aggregate that is due but has no tokens stays open: saturation makes bigger aggregates, not longer queues.
    /// </summary>
    private protected virtual long Drain(long now)
    {
        while (_retries.Peek(now) is { } retry)
        {
            if (!_bucket.TryTake(now, retry.Size))
                return TokensAt(now, retry.Size);
            _retries.Dequeue();
            Send(retry, now);
        }

        while (_ready.TryPeek(out var next))
        {
            if (!_bucket.TryTake(now, next.Size))
                return Math.Min(TokensAt(now, next.Size), _retries.NextDue);
            Send(_ready.Dequeue(), next.Deadline);
        }

        while (true)
        {
            var open = _open.First();
            if (open.Deadline > now)
                return Math.Min(open.Deadline, _retries.NextDue);
            if (!_bucket.TryTake(now, open.Size))
                return Math.Min(TokensAt(now, open.Size), _retries.NextDue);
            Send(Offer(open.Close(this), now), now);
            open.Renew(LimitsNow);
        }
    }

    private protected void Send(KinesisRecord record, long deadline)
    {
        record.Deadline = deadline;
        _host.Collect(record);
    }

    private protected long TokensAt(long now, int size) => Linger.AlignWakeUp(_bucket.ReadyAt(now, size));
}
