using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Limiting;
using Orleans.Kpl.Pipeline.Load;
using Orleans.Kpl.Pipeline.Records;
using Orleans.Kpl.Pipeline.Settings;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Engines;

/// <summary>
/// Owns one shard: its open aggregates, its tokens and the Kinesis records that wait for tokens or for another try. A plain object, on
/// whatever thread calls it; a lock that only this shard's records, and few neighbours', meet guards it.
/// </summary>
/// <remarks>
/// In which order Kinesis records go, and how many at a time, is its <see cref="ISendPolicy"/>'s. Where order matters
/// <see cref="Succession"/> sees to what happens when the shard is resharded or goes to another process; else what is held is routed anew.
/// </remarks>
internal sealed partial class ShardEngine : TimerEntry
{
    private readonly EngineServices _services;
    private readonly PipelineSettings _settings;
    private readonly MonotonicClock _clock;
    private readonly Lock _lock;
    private readonly ISendPolicy _policy;
    private readonly ShardTokens _tokens;
    private readonly EngineLoad _load;
    private readonly ShardDispatcher _dispatcher;
    private int _pauses;
    private bool _mustSend;
    private EngineTimer _timer = new();
    private OpenAggregates _open;

    /// <param name="services">What the stream's engines share.</param>
    /// <param name="range">The shard.</param>
    /// <param name="kind">What the engine stands for.</param>
    /// <param name="isOpen">Whether the shard is served here from the beginning.</param>
    /// <param name="gate">The lock, which other engines may share; null for one of its own.</param>
    public ShardEngine(EngineServices services, ShardRange range, EngineKind kind, bool isOpen = true, Lock? gate = null)
    {
        (_services, _settings, _clock) = (services, services.Settings, services.Clock);
        _lock = gate ?? new Lock();
        Range = range;
        Kind = kind;
        _state = isOpen ? EngineState.Open : EngineState.Elsewhere;
        _pauses = kind == EngineKind.AwaitingMap ? 1 : 0;
        var isShard = kind == EngineKind.Predicted;
        _tokens = new ShardTokens(isShard ? _settings.Shard : ShardLimits.None, isShard && _settings.Options.AdaptiveRate, _clock, _lock);
        _load = new EngineLoad(range, _settings.Load, isShard);
        Succession = _settings.KeepsOrder ? new ShardSuccession(this, services) : null;
        _policy = Succession is null ? new UnorderedSendPolicy() : Succession.Sending;
        _dispatcher = new ShardDispatcher(this, services, _policy, _tokens, _load);
        FirstOpenAggregate = _dispatcher.NewAggregate();
        FirstOpenAggregate.Sampler = new LoadSampler(_settings.Load.SampleBytes, (uint)(range.StartingHashKey >> 96));
        _open = new OpenAggregates(Boundaries.None, FirstOpenAggregate, _dispatcher.NewAggregate);
        AllowJoining();
    }

    public ShardRange Range { get; }

    public EngineKind Kind { get; }

    /// <summary>
    /// The aggregate that the shard's records join, always the same one: that of the first part where boundaries cut the shard. Whoever
    /// holds <see cref="Gate"/> may let records join it without coming here (<see cref="OpenAggregate.Join"/>), which takes none where the
    /// shard is cut, is not served here, or keeps order.
    /// </summary>
    public OpenAggregate FirstOpenAggregate { get; }

    /// <summary>Guards all of this. Who takes in records for several engines that share it enters it once.</summary>
    public Lock Gate => _lock;

    /// <summary>What keeps the order when the shard changes hands; null where order does not matter.</summary>
    public ShardSuccession? Succession { get; }

    /// <summary>
    /// The way of records accepted here where order matters and shards move between processes; else null. Set before anything is accepted.
    /// </summary>
    public IShardQueue? Queue { get; set; }

    /// <summary>What was seen of the shard's load here; null where nothing was sent for it yet.</summary>
    public ShardLoadReport? Load => _load.Report(_clock.Now);

    internal override int Rank => 0;

    /// <summary>Takes a record in; false when the shard is no longer owned here and the record must be routed anew.</summary>
    public bool TryAppend(in IncomingRecord record)
    {
        lock (_lock)
        {
            if (_state != EngineState.Open)
                return false;
            var now = _clock.Now;
            Append(record, now);
            SendIfNeeded(now);
            return true;
        }
    }

    /// <summary>Takes in the records of a batch that belong to this shard; false when it is no longer owned here.</summary>
    public bool TryAppend(PreparedBatch batch, ReadOnlySpan<int> picks)
    {
        lock (_lock)
            return TryAppendHeld(batch, picks);
    }

    /// <summary>Takes in records of a batch for a caller who holds <see cref="Gate"/>.</summary>
    public bool TryAppendHeld(PreparedBatch batch, ReadOnlySpan<int> picks)
    {
        if (_state != EngineState.Open)
            return false;
        var now = batch.AcceptedAt;
        foreach (var pick in picks)
            Append(batch.Record(pick), now);
        SendIfNeeded(now);
        return true;
    }

    /// <summary>
    /// Takes a Kinesis record back that failed; it is tried again from <see cref="KinesisRecord.NotBefore"/>. False where its members are
    /// to be routed anew.
    /// </summary>
    public bool TryTakeBack(KinesisRecord record)
    {
        lock (_lock)
        {
            if (IsReleased || _open.Boundaries.Divide(record))
                return false;
            _policy.TakeBack(record);
            _timer.Expect(record.ExpiresAt);
            SendDueAndRearm(_clock.Now);
            return true;
        }
    }

    /// <summary>
    /// Takes a Kinesis record apart where its members must keep their places; false where they may go anywhere, and the caller routes
    /// them anew.
    /// </summary>
    public bool TryKeepInPlace(KinesisRecord record) => Succession is { } succession && succession.TryKeepInPlace(record);

    /// <summary>A shard took a Kinesis record of this engine. Returns the number that its own should have exceeded and did not.</summary>
    public string? Taken(string shardId, string sequenceNumber) => Succession?.Taken(shardId, sequenceNumber);

    /// <summary>A Kinesis record of this engine has ended, one way or another, and its memory is given back.</summary>
    public void Ended(KinesisRecord record) => Succession?.Ended(record);

    /// <summary>Kinesis took a Kinesis record of the shard.</summary>
    public void OnDelivered(KinesisRecord record, long now) => _load.OnDelivered(record, now);

    /// <summary>Kinesis throttled so many Kinesis records of the shard.</summary>
    public void OnThrottles(int count) => _load.OnThrottles(count, _clock.Now);

    /// <summary>Kinesis throttled this shard in the answer to a request begun at that instant: the rate may be lowered.</summary>
    public void OnThrottled(long requestStartedAt) => _tokens.OnThrottled(requestStartedAt, _load.TookNearlyAll(_clock.Now));

    /// <summary>The shard is new: what it throttles until it has settled tells nothing about others.</summary>
    public void MaskThrottles() => _tokens.MaskThrottles();

    /// <summary>The share of the shard that others seem to use; null where that is not watched.</summary>
    public double? ForeignShare() => _tokens.ForeignShare();

    /// <summary>Kinesis took nothing of that record and never will: its tokens are free again.</summary>
    public void GiveBack(KinesisRecord record) => _tokens.GiveBack(record);

    /// <summary>Nothing is sent until <see cref="Resume"/>, called as often: where the shard's records go is not known.</summary>
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
    /// From now on one aggregate is open for each part that the boundaries cut the shard into. Returns what is to be routed anew: what was
    /// held and belongs to several parts, or of an ordered stream what has ended of it.
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
    /// Takes the Kinesis records that are larger than that, on an ordered stream those that cannot be made smaller; the engine goes on.
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

    /// <summary>Takes everything that is held; the engine goes on.</summary>
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

    /// <summary>What is held leaves without waiting for its deadline, as soon as there are tokens.</summary>
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

    /// <summary>Something waits for another try.</summary>
    public bool HasRetries
    {
        get
        {
            lock (_lock)
                return _policy.HasRetries;
        }
    }

    /// <summary>A look from outside.</summary>
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

    /// <summary>New aggregates, cut as the shard is, for members that are put together anew.</summary>
    public OpenAggregates NewParts() => _dispatcher.NewParts(_open.Boundaries);

    private void Append(in IncomingRecord record, long now)
    {
        var deadline = record.IsDueAtOnce || record.Member.Sink.IsDueAtOnce ? now : _settings.Linger.DeadlineFrom(now);
        var open = _open.For(record.HashKey);
        if (!open.TryAdd(record, deadline))
        {
            CloseFull(open, now);
            open.TryAdd(record, deadline);
        }

        _timer.Expect(record.Member.Sink.ExpiresAt);
        _mustSend |= deadline <= now;
        if (open.IsFull)
            CloseFull(open, now);
        // A subtraction and a comparison for most records.
        if (FirstOpenAggregate.Sampler.Picks(record.Data.Length + record.PartitionKey.Length, out var weight))
            _load.OnSample(record, weight, now);
    }

    private void CloseFull(OpenAggregate open, long now)
    {
        _mustSend = true;
        _dispatcher.CloseFull(open, now);
    }

    /// <summary>Closes what is open, and opens an aggregate for each part.</summary>
    private void Reopen(Boundaries boundaries)
    {
        foreach (var open in _open.All)
        {
            if (!open.IsEmpty)
                _policy.Enqueue(open.Close(this));
        }

        // On an ordered stream each begins a line of producer numbers.
        _open = Succession is null ? _dispatcher.NewParts(boundaries, FirstOpenAggregate) : _dispatcher.NewParts(boundaries);
        AllowJoining();
    }

    /// <summary>Records may join the one aggregate there is while the shard is served here and nothing has a say in their order.</summary>
    private void AllowJoining() =>
        FirstOpenAggregate.Joins = _state == EngineState.Open && _open.Boundaries.Count == 0 && Succession is null;

    private List<KinesisRecord> TakeExpired(long now)
    {
        foreach (var open in _open.All)
        {
            if (open.ExpiresAt <= now)
                _policy.Enqueue(open.Close(this));
        }

        var expired = _policy.TakeExpired(now);
        _timer.NextExpiry = Math.Max(Math.Min(_policy.EarliestExpiry, _open.EarliestExpiry), now + _policy.ExpiryGrid);
        return expired;
    }

    /// <summary>Most records change nothing that has to be done: the aggregate that they join was open before them.</summary>
    private void SendIfNeeded(long now)
    {
        if (_mustSend || _timer.HasNews(_open.First().Deadline))
            SendDueAndRearm(now);
    }

    /// <summary>Sends what may be sent, then sees to being woken when more may. Called under the lock.</summary>
    public void SendDueAndRearm(long now)
    {
        _mustSend = false;
        var wakeAt = _pauses > 0 || IsReleased ? long.MaxValue : _dispatcher.SendDue(ref _open, now);
        _timer.Rearm(_services.Timers, this, wakeAt, _open.First().Deadline);
        if (_emptied is not null && _policy.IsEmpty && _open.AreEmpty)
            _emptied.TrySetResult();
    }
}
