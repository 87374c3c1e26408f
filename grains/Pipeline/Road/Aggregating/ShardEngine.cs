using System.Diagnostics.CodeAnalysis;
using Orleans.Kpl.Aggregation;
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
/// <remarks>Its <see cref="SendPolicy"/> decides which Kinesis record goes next, and how many at a time.</remarks>
internal sealed class ShardEngine : TimerEntry
{
    private readonly PipelineSettings _settings;
    private OpenAggregate _first;
    private OpenAggregate? _alone;
    private bool _mustSend;
    private volatile EngineState _state;

    /// <param name="isOpen">Whether the shard is served here from the beginning.</param>
    /// <param name="shared">The lock, which other engines may share; null for one of its own.</param>
    public ShardEngine(EngineServices services, ShardRange range, EngineKind kind, bool isOpen = true, Lock? shared = null)
    {
        (Services, _settings) = (services, services.Settings);
        Lock = shared ?? new Lock();
        (Range, Kind) = (range, kind);
        _state = isOpen ? EngineState.Open : EngineState.Elsewhere;
        Pauses = kind == EngineKind.AwaitingMap ? 1 : 0;
        var isShard = kind == EngineKind.Predicted;
        Tokens = isShard && services.Features.NewTokens is { } newTokens
            ? newTokens(this, _settings.Shard, Now)
            : new TokenBucket(isShard ? _settings.Shard : ShardLimits.None, Now);
        Watch = services.Features.NewWatch?.Invoke(this);
        Policy = services.Features.NewPolicy?.Invoke(this, services) ?? new SendPolicy();
        Begin(NewAggregate(), services.Features.NewGroup);
    }

    public ShardRange Range { get; }

    public EngineKind Kind { get; }

    /// <summary>Whether and how the shard is served here. Set under the lock.</summary>
    public EngineState State
    {
        get => _state;
        set
        {
            _state = value;
            AllowJoining();
        }
    }

    /// <summary>How many reasons there are not to send, as long as it is not known where the shard's records go. Guarded by the lock.</summary>
    public int Pauses { get; set; }

    /// <summary>Whether the shard is served here, and the engine accepts records.</summary>
    public bool IsOpen => _state == EngineState.Open;

    /// <summary>Whether the engine neither accepts nor sends records any more.</summary>
    public bool IsReleased => _state is EngineState.Retired or EngineState.Elsewhere;

    public EngineServices Services { get; }

    /// <summary>The shard's limits. Guarded by the lock.</summary>
    public TokenBucket Tokens { get; }

    /// <summary>Holds the closed Kinesis records. Guarded by the lock.</summary>
    public SendPolicy Policy { get; }

    /// <summary>The open aggregates: one, or a group. Guarded by the lock.</summary>
    public Span<OpenAggregate> OpenAggregates => Group is null ? new(ref _first) : Group.All;

    /// <summary>The group; null where there is one aggregate only. Guarded by the lock.</summary>
    public AggregateGroup? Group { get; private set; }

    /// <summary>Groups the open aggregates; null where there is one only. Guarded by the lock.</summary>
    public NewGroup? NewGroup { get; private set; }

    /// <summary>When it is woken. Guarded by the lock.</summary>
    public EngineTimer Timer = new();

    /// <summary>Completed when nothing is held any more; null where nobody waits for that. Guarded by the lock.</summary>
    public TaskCompletionSource? Emptied { get; set; }

    /// <summary>
    /// The aggregate that the shard's records join, or the first of the group. A caller that holds <see cref="Lock"/> may let records join it directly
    /// (<see cref="OpenAggregate.Join"/>). It takes none where there is a group, the shard is not served here, or records keep their places.
    /// </summary>
    public OpenAggregate FirstOpenAggregate => _first;

    /// <summary>The open aggregate that must leave first. Guarded by the lock.</summary>
    public OpenAggregate FirstToLeave => Group?.First ?? _first;

    /// <summary>The engine's lock. A caller that adds records to several engines that share it enters it once.</summary>
    public Lock Lock { get; }

    /// <summary>Watches the shard; null where nothing does.</summary>
    public ShardWatch? Watch { get; }

    public long Now => Services.Clock.Now;

    internal override int Rank => 0;

    /// <summary>Adds a record; false when the shard is no longer served here and the record must be routed again.</summary>
    public bool TryAppend(in IncomingRecord record)
    {
        lock (Lock)
        {
            if (_state != EngineState.Open)
                return false;
            var now = Now;
            Append(record, now);
            Appended(now);
            return true;
        }
    }

    /// <summary>Adds the records of a batch that belong to this shard; false when it is no longer served here. Called under the lock.</summary>
    public bool TryAppendHeld(PreparedBatch batch, ReadOnlySpan<int> picks)
    {
        if (_state != EngineState.Open)
            return false;
        var now = batch.Sink.AcceptedAt;
        foreach (var pick in picks)
            Append(batch.Record(pick), now);
        Appended(now);
        return true;
    }

    /// <summary>Takes back a Kinesis record that failed, to retry it from its <c>NotBefore</c>. False when its members must be routed again.</summary>
    public bool TryTakeBack(KinesisRecord record)
    {
        lock (Lock)
        {
            if (IsReleased || Group?.Divides(record) == true)
                return false;
            if (record.IsUnderWay)
                Moved(record, isUnderWay: false);
            Policy.TakeBack(record);
            Timer.Expect(record.ExpiresAt);
            SendDueAndRearm(Now);
            return true;
        }
    }

    /// <summary>Frees the tokens of a record that is in no call any more, for those that wait.</summary>
    public void GiveBack(KinesisRecord record)
    {
        lock (Lock)
        {
            Tokens.GiveBack(record.Size);
            Moved(record, isUnderWay: false);
            SendDueAndRearm(Now);
        }
    }

    internal override void OnDue(long now)
    {
        List<KinesisRecord>? expired = null;
        lock (Lock)
        {
            Timer.Fired();
            if (Timer.NextExpiry <= now)
                expired = TakeExpired(now);
            SendDueAndRearm(now);
        }

        expired?.ForEach(Services.TakeApart);
    }

    private void Append(in IncomingRecord record, long now)
    {
        var sink = record.Member.Sink;
        var deadline = record.IsDueAtOnce || sink.IsDueAtOnce ? now : _settings.Linger.DeadlineFrom(now, sink.ExpiresAt);
        if ((Group is null ? _first : Group.For(record)) is not { } open)
        {
            // As many are open as may be: the oldest of them leaves.
            CloseFull(FirstToLeave, now);
            open = Group!.For(record)!;
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

        // Costs a subtraction and a comparison for most records.
        if ((_first.Countdown -= record.Data.Length + record.PartitionKey.Length) < 0)
            _first.Countdown = Watch?.OnCountedDown(record, open, _first.Countdown, now) ?? long.MaxValue;
        Timer.Expect(sink.ExpiresAt);
        _mustSend |= deadline <= now;
        if (open.IsFull || (sink.GoesAlone && !open.IsEmpty))
            CloseFull(open, now);
    }

    /// <summary>
    /// Adds a record as a Kinesis record of its own, without a wrapper though all others may have one. Where records keep their places, what came before it
    /// stays before it.
    /// </summary>
    private void AppendAlone(OpenAggregate open, in IncomingRecord record, long deadline, long now)
    {
        if (Policy.KeepsPlaces && !open.IsEmpty)
            CloseFull(open, now);
        _mustSend = true;
        _alone ??= OpenAggregate.ForOne();
        _alone.TryAdd(record, deadline);
        var closed = _alone.Close(this);
        Watch?.OnOffered(closed, now);
        Policy.Enqueue(closed);
    }

    /// <summary>Closes an aggregate that is full, or too full for the next record. It is empty afterwards.</summary>
    private void CloseFull(OpenAggregate open, long now)
    {
        _mustSend = true;
        Policy.Enqueue(Close(open, now));
    }

    /// <summary>Lets records join the only aggregate directly, while the shard is served here and has only that one, and they keep no places.</summary>
    private void AllowJoining() => _first.Joins = _state == EngineState.Open && Group is null && !Policy.KeepsPlaces;

    /// <summary>Closes the open aggregates whose first record has expired by then, as records to be sent. Called under the lock.</summary>
    public void CloseExpired(long by)
    {
        foreach (var open in OpenAggregates)
        {
            if (!open.IsEmpty && open.ExpiresAt <= by)
                Policy.Enqueue(open.Close(this));
        }
    }

    private List<KinesisRecord> TakeExpired(long now)
    {
        CloseExpired(now);
        var expired = Policy.TakeOut(r => r.ExpiresAt <= now);
        var next = Policy.Held.Select(static r => r.ExpiresAt).DefaultIfEmpty(long.MaxValue).Min();
        foreach (var open in OpenAggregates)
            next = Math.Min(next, open.ExpiresAt);
        Timer.NextExpiry = Math.Max(next, now + Policy.ExpiryGrid);
        return expired;
    }

    /// <summary>Sends only if a record requires it. Most do not, because the aggregate that they join was open before them.</summary>
    private void Appended(long now)
    {
        if (_mustSend || Timer.HasNews(FirstToLeave.Deadline))
            SendDueAndRearm(now);
    }

    /// <summary>Sends all records that may be sent, then schedules the next wake-up. Called under the lock.</summary>
    public void SendDueAndRearm(long now)
    {
        _mustSend = false;
        var wakeAt = Pauses > 0 || IsReleased ? long.MaxValue : SendDue(now);
        Timer.Rearm(Services.Timers, this, wakeAt, FirstToLeave.Deadline);
        if (Emptied is not null && !Policy.Held.Any() && FirstToLeave.IsEmpty)
            Emptied.TrySetResult();
    }

    /// <summary>
    /// Sends the closed records, as the policy says, then the open aggregate if it is due. An aggregate that is due but has no
    /// tokens stays open: saturation makes bigger aggregates, not longer queues.
    /// </summary>
    /// <returns>When more records may be ready to be sent.</returns>
    private long SendDue(long now)
    {
        while (true)
        {
            if (!Policy.MaySend(now, out var closed, out var wakeAt))
                return wakeAt;
            var open = FirstToLeave;
            if (closed is not null && Group?.HasWaitedLong(now) == true)
            {
                Policy.Enqueue(Close(open, now));
                continue;
            }

            if (closed is null && open.Deadline > now)
                return Math.Min(open.Deadline, wakeAt);
            var size = closed?.Size ?? open.Size;
            if (!Tokens.TryTake(now, size))
                return Math.Min(Linger.AlignWakeUp(Tokens.ReadyAt(now, size)), wakeAt);
            var record = closed is null ? Close(open, now) : Policy.Dequeue(now);
            if (closed is null)
                record.Deadline = now;
            Policy.OnSending(record, now);
            Moved(record, isUnderWay: true);
            Services.Collect(record); // StreamSender.Add
        }
    }

    private void Moved(KinesisRecord record, bool isUnderWay)
    {
        record.IsUnderWay = isUnderWay;
        Watch?.OnMoved(record, isUnderWay);
    }

    private AggregationLimits Limits => Kind == EngineKind.Unpredicted ? PipelineSettings.Alone : Policy.LimitsWithin(_settings.Aggregation);

    public OpenAggregate NewAggregate() => new(Limits, _settings.ContainerKey, _settings.AlwaysWrap, _settings.NewNumbers?.Invoke());

    /// <summary>Begins with an aggregate that is empty, or with a group of which it is the first. Called under the lock.</summary>
    [MemberNotNull(nameof(_first))]
    public void Begin(OpenAggregate first, NewGroup? newGroup)
    {
        first.Renew(Limits);
        (_first, NewGroup, Group) = (first, newGroup, newGroup?.Invoke(first, NewAggregate));
        AllowJoining();
    }

    private KinesisRecord Close(OpenAggregate open, long now)
    {
        var record = open.Close(this);
        // The record counts as offered, whether there are tokens or not.
        Watch?.OnOffered(record, now);
        open.Renew(Limits);
        return record;
    }
}
