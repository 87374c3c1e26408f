using Orleans.Kpl.Aggregation;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Limiting;
using Orleans.Kpl.Pipeline.Watching;

namespace Orleans.Kpl.Pipeline.Ordering;

/// <summary>
/// Sends the records of an ordered stream: one Kinesis record of the shard is in flight, and records that arrive meanwhile join the open
/// aggregate, which grows. A record that must be retried goes before all newer ones. When a Kinesis record is taken apart, its parts take
/// its place.
/// </summary>
internal sealed class OrderedSendPolicy(ShardEngine engine, EngineServices services, ShardSuccession succession) : SendPolicy
{
    // Those that go before all newer ones, the first on top: while it backs off, all wait.
    private readonly Stack<KinesisRecord> _head = new();
    private readonly RoundTripGrowth _growth = new();
    private readonly SequenceCheck _sequence = new();
    private KinesisRecord? _inFlight;
    private long _sentAt;
    private TaskCompletionSource? _landed;

    /// <summary>The succession of the engine, after a reshard or where another process serves the shard.</summary>
    public ShardSuccession Succession => succession;

    public override bool KeepsPlaces => true;

    public override IEnumerable<KinesisRecord> Held => _head.Count == 0 ? Closed ?? [] : _head.Concat(Closed ?? []);

    /// <summary>Coarse, because splitting off members that expire one after the other is expensive.</summary>
    public override long ExpiryGrid => 20 * TimeSpan.TicksPerMillisecond;

    /// <summary>Whether a Kinesis record was sent that has no outcome yet and did not come back.</summary>
    public bool HasInFlight => _inFlight is not null;

    /// <summary>
    /// Whether this Kinesis record is the one in flight. Needs no lock when the caller handles the record's answer: no other thread can
    /// make it land meanwhile.
    /// </summary>
    public bool IsInFlight(KinesisRecord record) => ReferenceEquals(Volatile.Read(ref _inFlight), record);

    /// <summary>The sequence number that the shard gave to the Kinesis record before the one in flight; null where it gave none yet.</summary>
    public string? SequenceNumberForOrdering => _sequence.LastOf(engine.Range.ShardId);

    /// <summary>Restarts ordering, because the service rejects the former number as not of this stream.</summary>
    public void ForgetSequenceNumber() => _sequence.Forget();

    /// <summary>
    /// Notes that a shard took the record in flight: the duration of its round trip determines how large aggregates may grow, and how much may wait.
    /// </summary>
    private void NoteRoundTrip(long now)
    {
        _growth.OnRoundTrip(now - _sentAt);
        engine.Horizon.RoundTrip = Math.Max(1, _growth.RoundTrip);
    }

    public override AggregationLimits LimitsWithin(AggregationLimits most) => _growth.Limit(services.Settings.Shard, most);

    public override void TakeBack(KinesisRecord record)
    {
        OnLanded();
        _head.Push(record);
    }

    /// <summary>Puts Kinesis records, in their order, before all that are held.</summary>
    public void PutInFront(List<KinesisRecord> records)
    {
        for (var last = records.Count - 1; last >= 0; last--)
            _head.Push(records[last]);
    }

    public override bool MaySend(long now, out KinesisRecord? first, out long wakeAt)
    {
        (first, wakeAt) = (null, long.MaxValue);
        if (_inFlight is not null)
            return false;
        if (!_head.TryPeek(out var again))
        {
            first = FirstClosed;
            return true;
        }

        if (again.NotBefore > now)
        {
            wakeAt = again.NotBefore;
            return false;
        }

        first = again;
        return true;
    }

    public override KinesisRecord Dequeue(long now)
    {
        var record = _head.Count == 0 ? Closed!.Dequeue() : _head.Pop();
        record.Deadline = now;
        return record;
    }

    public override void OnSending(KinesisRecord record, long now) => (_inFlight, _sentAt) = (record, now);

    public override string? OnTaken(string shardId, string sequenceNumber)
    {
        lock (engine.Lock)
            NoteRoundTrip(services.Clock.Now);
        return _sequence.Next(shardId, sequenceNumber);
    }

    public override void OnEnded(KinesisRecord record) => succession.Ended(record);

    /// <summary>Notes that the record in flight has its outcome, or came back.</summary>
    public void OnLanded()
    {
        _inFlight = null;
        _landed?.TrySetResult();
        _landed = null;
    }

    /// <summary>Completes when nothing is in flight.</summary>
    public Task WhenLanded()
    {
        if (_inFlight is null)
            return Task.CompletedTask;
        _landed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return _landed.Task;
    }

    public override List<KinesisRecord> TakeAll()
    {
        List<KinesisRecord> all = [.. Held];
        _head.Clear();
        Closed?.Clear();
        return all;
    }

    /// <summary>Takes such records apart, in their places. Returns their members that have expired, or had all their attempts.</summary>
    public override List<KinesisRecord> TakeOut(Predicate<KinesisRecord> isMeant)
    {
        var ended = new List<KinesisRecord>();
        Replace(r => isMeant(r) ? Regroup(r, ended) : null);
        return ended;
    }

    /// <summary>Takes apart, in their places, the records that are too large. Returns those that cannot be made smaller.</summary>
    public List<KinesisRecord> TakeLarger(long bytes, List<KinesisRecord> ended)
    {
        var alone = new List<KinesisRecord>();
        Replace(r => r.Size > bytes && r.Encoded.Count > 1 ? Regroup(r, ended) : null);
        Replace(r =>
        {
            if (r.Size <= bytes)
                return null;
            alone.Add(r);
            return [];
        });
        return alone;
    }

    /// <summary>Regroups the members of a Kinesis record that are still to be sent, in their order, as the engine sends them now.</summary>
    /// <param name="record">The Kinesis record, in flight or no longer held. It is released unless it is in flight.</param>
    /// <param name="ended">Receives the members that have expired, or had all their attempts.</param>
    public List<KinesisRecord> Regroup(KinesisRecord record, List<KinesisRecord> ended)
    {
        var regrouping = new Regrouping(services.Clock.Now, services.Settings.Options.MaxAttempts, _ => engine);
        regrouping.Add(record);
        var goingOn = regrouping.Close().SelectMany(static g => g.Records).ToList();
        foreach (var other in goingOn)
            other.NotBefore = record.NotBefore;
        ended.AddRange(regrouping.Ended);
        if (!ReferenceEquals(_inFlight, record))
            record.Release();
        return goingOn;
    }

    /// <summary>Replaces held records by others in the same place; null leaves a record where it is.</summary>
    private void Replace(Func<KinesisRecord, List<KinesisRecord>?> others)
    {
        List<KinesisRecord> head = [.. _head.SelectMany(r => others(r) ?? [r])];
        _head.Clear();
        PutInFront(head);
        if (Closed is not null)
            Closed = new(Closed.SelectMany(r => others(r) ?? [r]));
    }
}

/// <summary>
/// Determines how large an aggregate may grow while another one is in flight: as much as the shard takes in half a second. Where one and a
/// half round trips take longer, it is as much as the shard takes in that time, so that one record in flight at a time uses the whole
/// shard. It is not more, because a record of a whole second's worth would only fit into a shard that has been idle for as long. Guarded by
/// its engine's lock.
/// </summary>
internal sealed class RoundTripGrowth
{
    private const double Least = TimeSpan.TicksPerSecond / 2.0;
    private const double RoundTrips = 1.5;
    private const double Weight = 1 / 8.0;

    private double _roundTrip;

    /// <summary>How long a round trip takes, in ticks, as seen lately; 0 before the first one.</summary>
    public long RoundTrip => (long)_roundTrip;

    public void OnRoundTrip(long ticks) => _roundTrip = _roundTrip == 0 ? ticks : _roundTrip + (ticks - _roundTrip) * Weight;

    /// <summary>
    /// Returns the limit now, within the given one. It changes in steps of an eighth of a second, so that builders are rarely replaced.
    /// </summary>
    public AggregationLimits Limit(ShardLimits shard, AggregationLimits most)
    {
        var time = Math.Max(Least, Math.Ceiling(RoundTrips * _roundTrip / (Least / 4)) * (Least / 4));
        var bytes = Math.Min(shard.BytesPerTick * time, most.MaxSize);
        return most with { MaxSize = (int)bytes };
    }
}
