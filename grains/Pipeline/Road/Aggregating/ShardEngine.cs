using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Road.Limiting;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Settings;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Road.Aggregating;

/// <summary>
/// Owns one shard: its open aggregates, its tokens and the Kinesis records that wait for tokens or for a retry. It is a plain object that
/// runs on its callers' threads. Its lock is shared only with a few neighbouring shards.
/// </summary>
/// <remarks>
/// Its <see cref="ISendPolicy"/> decides in which order Kinesis records go, and how many at a time. Where order matters,
/// <see cref="Succession"/> handles reshards and moves to another process; otherwise the held records are routed again.
/// </remarks>
internal sealed partial class ShardEngine : TimerEntry
{
    private readonly EngineServices _services;
    private readonly PipelineSettings _settings;
    private readonly MonotonicClock _clock;
    private readonly Lock _lock;
    private readonly ISendPolicy _policy;
    private readonly TokenBucket _tokens;
    private readonly ShardDispatcher _dispatcher;
    private int _pauses;
    private bool _mustSend;
    private readonly bool _countsOpen;
    private EngineTimer _timer = new();
    private OpenAggregates _open;

    /// <param name="services">What the stream's engines share.</param>
    /// <param name="range">The shard.</param>
    /// <param name="kind">What the engine serves.</param>
    /// <param name="isOpen">Whether the shard is served here from the beginning.</param>
    /// <param name="gate">The lock, which other engines may share; null for one of its own.</param>
    public ShardEngine(EngineServices services, ShardRange range, EngineKind kind, bool isOpen = true, Lock? gate = null)
    {
        (_services, _settings, _clock) = (services, services.Settings, services.Clock);
        _lock = gate ?? new Lock();
        (Range, Kind, Meter) = (range, kind, services.Features.NewMeter?.Invoke(range.ShardId));
        _state = isOpen ? EngineState.Open : EngineState.Elsewhere;
        _pauses = kind == EngineKind.AwaitingMap ? 1 : 0;
        var isShard = kind == EngineKind.Predicted;
        _tokens = new TokenBucket(isShard ? _settings.Shard : ShardLimits.None, Now, isShard ? services.Features.NewRate?.Invoke() : null);
        Watch = services.Features.NewWatch?.Invoke(this);
        _countsOpen = Watch is { CountsOpen: true };
        Succession = services.Features.NewSuccession?.Invoke(this, services);
        _policy = Succession is null ? new UnorderedSendPolicy() : Succession.Sending;
        _dispatcher = new ShardDispatcher(this, services, _policy, _tokens);
        FirstOpenAggregate = _dispatcher.NewAggregate();
        FirstOpenAggregate.Countdown = Watch?.BytesToFirst() ?? long.MaxValue;
        _open = _dispatcher.Group(Boundaries.None, FirstOpenAggregate);
        AllowJoining();
    }

    public ShardRange Range { get; }

    public EngineKind Kind { get; }

    /// <summary>What telemetry keeps of the shard. Nothing on the road looks into it.</summary>
    public object? Meter { get; }

    /// <summary>
    /// The aggregate that the shard's records join. It is always the same object: that of the first part where boundaries cut the
    /// shard. A caller that holds <see cref="Gate"/> may let records join it directly (<see cref="OpenAggregate.Join"/>). It takes none
    /// where the shard is cut, is not served here, or keeps order.
    /// </summary>
    public OpenAggregate FirstOpenAggregate { get; }

    /// <summary>The engine's lock. A caller that adds records to several engines that share it enters it once.</summary>
    public Lock Gate => _lock;

    /// <summary>What follows the engine; null where its records are routed again.</summary>
    public Succession? Succession { get; }

    /// <summary>Watches the shard; null where nothing does.</summary>
    public ShardWatch? Watch { get; }

    /// <summary>The instant, by the engine's clock.</summary>
    public long Now => _clock.Now;

    internal override int Rank => 0;

    /// <summary>Adds a record; false when the shard is no longer served here and the record must be routed again.</summary>
    public bool TryAppend(in IncomingRecord record)
    {
        lock (_lock)
        {
            if (_state != EngineState.Open)
                return false;
            var now = _clock.Now;
            Append(record, now);
            Appended(now);
            return true;
        }
    }

    /// <summary>Adds the records of a batch that belong to this shard; false when it is no longer served here.</summary>
    public bool TryAppend(PreparedBatch batch, ReadOnlySpan<int> picks)
    {
        lock (_lock)
            return TryAppendHeld(batch, picks);
    }

    /// <summary>Adds records of a batch for a caller that holds <see cref="Gate"/>.</summary>
    public bool TryAppendHeld(PreparedBatch batch, ReadOnlySpan<int> picks)
    {
        if (_state != EngineState.Open)
            return false;
        var now = batch.AcceptedAt;
        foreach (var pick in picks)
            Append(batch.Record(pick), now);
        Appended(now);
        return true;
    }

    /// <summary>Takes back a Kinesis record that failed, to retry it from its <c>NotBefore</c>. False when its members must be routed again.</summary>
    public bool TryTakeBack(KinesisRecord record)
    {
        lock (_lock)
        {
            if (IsReleased || _open.Boundaries.Divide(record))
                return false;
            record.IsUnderWay = false;
            _policy.TakeBack(record);
            _timer.Expect(record.ExpiresAt);
            SendDueAndRearm(_clock.Now);
            return true;
        }
    }

    /// <summary>
    /// Takes a Kinesis record apart where its members must keep their places. False where they may go anywhere, and the caller routes
    /// them again.
    /// </summary>
    public bool TryKeepInPlace(KinesisRecord record) => Succession is { } succession && succession.TryKeepInPlace(record);

    /// <summary>
    /// Notes that a shard took a Kinesis record of this engine. Returns the sequence number that its own should have exceeded and did
    /// not.
    /// </summary>
    public string? Taken(string shardId, string sequenceNumber) => Succession?.Taken(shardId, sequenceNumber);

    /// <summary>Notes that a Kinesis record of this engine has its outcome, and its memory is released.</summary>
    public void Ended(KinesisRecord record)
    {
        Watch?.OnEnded(record);
        Succession?.Ended(record);
    }

    /// <summary>Notes that Kinesis took a Kinesis record of the shard.</summary>
    public void OnDelivered(KinesisRecord record, long now) => Watch?.OnDelivered(record, now);

    /// <summary>Notes how many Kinesis records of the shard Kinesis throttled.</summary>
    public void OnThrottles(int count) => Watch?.OnThrottles(count, _clock.Now);

    /// <summary>Lowers the rate, if need be, after Kinesis throttled this shard in the answer to a request that began at this instant.</summary>
    public void OnThrottled(long requestStartedAt)
    {
        var tookNearlyAll = Watch?.TookNearlyAll(Now) == true;
        lock (_lock)
            _tokens.OnThrottled(Now, requestStartedAt, tookNearlyAll);
    }

    /// <summary>Ignores throttles of a new shard until it has settled: they say nothing about other writers.</summary>
    public void MaskThrottles()
    {
        lock (_lock)
            _tokens.MaskThrottles(Now);
    }

    /// <summary>Returns how full the bucket is, by the scarcer of records and bytes, and what others seem to use; null where that is not watched.</summary>
    public (double Fill, double? ForeignShare) Bucket()
    {
        lock (_lock)
            return (_tokens.FillAt(Now), _tokens.ForeignShare(Now));
    }

    /// <summary>Frees the tokens of a record that Kinesis did not take and never will.</summary>
    public void GiveBack(KinesisRecord record)
    {
        lock (_lock)
            _tokens.GiveBack(record.Size);
    }

    /// <summary>Stops sending while it is not known where the shard's records go. Each call needs one of <see cref="Resume"/>.</summary>
    public void Pause()
    {
        lock (_lock)
            _pauses++;
    }

    public void Resume()
    {
        lock (_lock)
        {
            if (--_pauses == 0)
                SendDueIfServed();
        }
    }

    /// <summary>
    /// Opens one aggregate for each part that the boundaries cut the shard into. Returns the Kinesis records to be routed again: those
    /// that belong to several parts; on an ordered stream only their members that have expired or had all their attempts.
    /// </summary>
    public List<KinesisRecord> Cut(Boundaries boundaries)
    {
        var within = boundaries.Within(Range);
        lock (_lock)
        {
            if (_state == EngineState.Retired || Kind != EngineKind.Predicted || _open.Boundaries.Same(within))
                return [];
            Reopen(within);
            var divided = _policy.TakeDivided(within);
            SendDueAndRearm(_clock.Now);
            return divided;
        }
    }

    /// <summary>
    /// Removes the Kinesis records that are larger than the limit; on an ordered stream, those that cannot be made smaller. The engine
    /// continues.
    /// </summary>
    public List<KinesisRecord> TakeLarger(long bytes)
    {
        List<KinesisRecord> larger, ended = [];
        lock (_lock)
        {
            Reopen(_open.Boundaries);
            larger = _policy.TakeLarger(bytes, ended);
            SendDueAndRearm(_clock.Now);
        }

        _services.Reroute(ended);
        return larger;
    }

    /// <summary>Removes all held records. The engine continues.</summary>
    public List<KinesisRecord> TakeAll()
    {
        lock (_lock)
        {
            var all = new List<KinesisRecord>();
            _policy.TakeAll(all);
            _open.CloseAll(this, all);
            return all;
        }
    }

    /// <summary>Has the held records sent without waiting for their deadline, as soon as there are tokens.</summary>
    public void FlushNow()
    {
        lock (_lock)
        {
            var now = _clock.Now;
            _policy.FlushNow(now);
            _open.MakeDue(now);
            SendDueAndRearm(now);
        }
    }

    /// <summary>Whether a record waits for a retry.</summary>
    public bool HasRetries
    {
        get
        {
            lock (_lock)
                return _policy.HasRetries;
        }
    }

    /// <summary>Takes a snapshot of the engine's state.</summary>
    public OpenState Inspect()
    {
        lock (_lock)
            return new OpenState(_open.Bytes, _open.First().Deadline, Math.Min(_policy.OldestAcceptedAt, _open.OldestAcceptedAt));
    }

    internal override void OnDue(long now)
    {
        List<KinesisRecord>? expired = null;
        lock (_lock)
        {
            if (IsOver)
                return;
            _timer.Fired();
            if (_timer.NextExpiry <= now)
                expired = TakeExpired(now);
            SendDueAndRearm(now);
        }

        if (expired is not null)
            _services.Reroute(expired);
    }

    /// <summary>Creates aggregates, cut as the shard is, for members that are put together again.</summary>
    public OpenAggregates NewParts() => _dispatcher.NewParts(_open.Boundaries);

    private void Append(in IncomingRecord record, long now)
    {
        var sink = record.Member.Sink;
        var deadline = record.IsDueAtOnce || sink.IsDueAtOnce ? now : _settings.Linger.DeadlineFrom(now, sink.ExpiresAt);
        if (_open.For(record) is not { } open)
        {
            // As many keys have an aggregate as may be: the oldest of them leaves.
            CloseFull(_open.First(), now);
            open = _open.For(record)!;
        }

        if (sink.GoesAlone && !open.IsEmpty)
            CloseFull(open, now);
        if (sink.IsAlone)
            AppendAlone(open, record, deadline, now);
        else if (!open.TryAdd(record, deadline))
        {
            CloseFull(open, now);
            open.TryAdd(record, deadline);
        }

        if (_countsOpen && !sink.IsAlone)
            open.CountIn(Watch!, record.PartitionKey.Length + record.Data.Length);
        _timer.Expect(sink.ExpiresAt);
        _mustSend |= deadline <= now;
        if (open.IsFull || (sink.GoesAlone && !open.IsEmpty))
            CloseFull(open, now);
        // Costs a subtraction and a comparison for most records.
        if ((FirstOpenAggregate.Countdown -= record.Data.Length + record.PartitionKey.Length) < 0)
            FirstOpenAggregate.Countdown = Watch?.OnCountedDown(record, FirstOpenAggregate.Countdown, now) ?? long.MaxValue;
    }

    /// <summary>Adds a record as a Kinesis record of its own. Where order matters, what came before it stays before it.</summary>
    private void AppendAlone(OpenAggregate open, in IncomingRecord record, long deadline, long now)
    {
        if (Succession is not null && !open.IsEmpty)
            CloseFull(open, now);
        _mustSend = true;
        _dispatcher.EnqueueAlone(record, deadline, now);
    }

    private void CloseFull(OpenAggregate open, long now)
    {
        _mustSend = true;
        _dispatcher.CloseFull(open, now);
    }

    /// <summary>Closes the open aggregates, and opens one for each part.</summary>
    private void Reopen(Boundaries boundaries)
    {
        _open.Close(this, _policy, long.MaxValue);
        // On an ordered stream each aggregate begins a line of producer numbers.
        _open = Succession is null ? _dispatcher.NewParts(boundaries, FirstOpenAggregate) : _dispatcher.NewParts(boundaries);
        AllowJoining();
    }

    /// <summary>Lets records join the only aggregate directly, while the shard is served here and has only that one, and no order.</summary>
    private void AllowJoining() =>
        FirstOpenAggregate.Joins = _state == EngineState.Open && _open.IsOne && Succession is null;

    private List<KinesisRecord> TakeExpired(long now)
    {
        _open.Close(this, _policy, now);
        var expired = _policy.TakeExpired(now);
        _timer.NextExpiry = Math.Max(Math.Min(_policy.EarliestExpiry, _open.EarliestExpiry), now + _policy.ExpiryGrid);
        return expired;
    }

    /// <summary>Sends only if a record requires it. Most do not, because the aggregate that they join was open before them.</summary>
    private void Appended(long now)
    {
        if (_countsOpen)
            Watch!.OnAppended();
        if (_mustSend || _timer.HasNews(_open.First().Deadline))
            SendDueAndRearm(now);
    }

    /// <summary>Sends all records that may be sent, then schedules the next wake-up. Called under the lock.</summary>
    public void SendDueAndRearm(long now)
    {
        _mustSend = false;
        var wakeAt = _pauses > 0 || IsReleased ? long.MaxValue : _dispatcher.SendDue(ref _open, now);
        _timer.Rearm(_services.Timers, this, wakeAt, _open.First().Deadline);
        if (_emptied is not null && _policy.IsEmpty && _open.AreEmpty)
            _emptied.TrySetResult();
    }
}
