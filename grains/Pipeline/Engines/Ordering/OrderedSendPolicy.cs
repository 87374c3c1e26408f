using Orleans.Kpl.Pipeline.Aggregation;

namespace Orleans.Kpl.Pipeline.Engines;

/// <summary>
/// Sends the records of an ordered stream: one Kinesis record of the shard is in flight, and records that arrive meanwhile join the open
/// aggregate, which grows. A record that must be retried goes before all newer ones. When a Kinesis record is taken apart, its parts take
/// its place.
/// </summary>
internal sealed class OrderedSendPolicy(ShardEngine engine, EngineServices services) : ISendPolicy
{
    private readonly OrderedRetryQueue _head = new();
    private ClosedRecords _closed;
    private readonly RoundTripGrowth _growth = new();
    private readonly SequenceCheck _sequence = new();
    private KinesisRecord? _inFlight;
    private long _sentAt;
    private TaskCompletionSource? _landed;

    public bool IsEmpty => _head.IsEmpty && _closed.IsEmpty;

    public bool HasRetries => !_head.IsEmpty;

    public long EarliestExpiry => Math.Min(_head.EarliestExpiry, _closed.EarliestExpiry);

    public long OldestAcceptedAt => Math.Min(_head.OldestAcceptedAt, _closed.OldestAcceptedAt);

    /// <summary>Coarse, because splitting off members that expire one after the other is expensive.</summary>
    public long ExpiryGrid => 20 * TimeSpan.TicksPerMillisecond;

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

    /// <summary>Checks a sequence number that a shard gave. Returns the number that it should have exceeded and did not. Needs no lock.</summary>
    public string? CheckSequence(string shardId, string sequenceNumber) => _sequence.Next(shardId, sequenceNumber);

    /// <summary>
    /// Notes that a shard took the record in flight: the duration of its round trip determines how large aggregates may grow, and how much may wait.
    /// </summary>
    public void OnTaken(long now)
    {
        _growth.OnRoundTrip(now - _sentAt);
        engine.Horizon.RoundTrip = Math.Max(1, _growth.RoundTrip);
    }

    public AggregationLimits LimitsWithin(AggregationLimits most) => _growth.Limit(services.Settings.Shard, most);

    public void Enqueue(KinesisRecord record) => _closed.Enqueue(record);

    public void TakeBack(KinesisRecord record)
    {
        OnLanded();
        _head.PutInFront(record);
    }

    /// <summary>Puts Kinesis records, in their order, before all that are held.</summary>
    public void PutInFront(List<KinesisRecord> records) => _head.PutInFront(records);

    public bool MaySend(long now, out KinesisRecord? first, out long wakeAt)
    {
        (first, wakeAt) = (null, long.MaxValue);
        if (_inFlight is not null)
            return false;
        if (_head.First is not { } again)
        {
            first = _closed.First;
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

    public KinesisRecord Dequeue(long now)
    {
        var record = _head.IsEmpty ? _closed.Dequeue() : _head.Dequeue();
        record.Deadline = now;
        return record;
    }

    public void OnSending(KinesisRecord record, long now) => (_inFlight, _sentAt) = (record, now);

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

    public void FlushNow(long now) => _closed.FlushNow(now);

    public void TakeAll(List<KinesisRecord> into)
    {
        _head.TakeAll(into);
        _closed.TakeAll(into);
    }

    public List<KinesisRecord> TakeExpired(long now)
    {
        var ended = new List<KinesisRecord>();
        Replace(r => r.ExpiresAt <= now ? Regroup(r, ended) : null);
        return ended;
    }

    public List<KinesisRecord> TakeDivided(Boundaries boundaries)
    {
        var ended = new List<KinesisRecord>();
        Replace(r => boundaries.Divide(r) ? Regroup(r, ended) : null);
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
        var head = new List<KinesisRecord>();
        _head.TakeAll(head);
        _head.PutInFront([.. head.SelectMany(r => others(r) ?? [r])]);
        _closed.Replace(others);
    }
}
