using Orleans.Kpl.Pipeline.Aggregation;

namespace Orleans.Kpl.Pipeline.Engines;

/// <summary>
/// For an ordered stream: one Kinesis record of the shard is in flight, and what comes meanwhile joins the open aggregate, which grows.
/// What has to be sent again goes before everything newer, and whatever takes a Kinesis record apart puts the parts where the whole was.
/// </summary>
internal sealed class OrderedSendPolicy(ShardEngine engine, EngineServices services) : ISendPolicy
{
    private readonly OrderedRetryQueue _head = new();
    private readonly ClosedRecords _closed = new();
    private readonly RoundTripGrowth _growth = new();
    private readonly SequenceCheck _sequence = new();
    private KinesisRecord? _inFlight;
    private long _sentAt;
    private TaskCompletionSource? _landed;

    public bool IsEmpty => _head.IsEmpty && _closed.IsEmpty;

    public bool HasRetries => !_head.IsEmpty;

    public long EarliestExpiry => Math.Min(_head.EarliestExpiry, _closed.EarliestExpiry);

    public long OldestAcceptedAt => Math.Min(_head.OldestAcceptedAt, _closed.OldestAcceptedAt);

    /// <summary>Splitting off members that expire one after the other costs.</summary>
    public long ExpiryGrid => 20 * TimeSpan.TicksPerMillisecond;

    /// <summary>Something was sent, and neither has it ended nor come back.</summary>
    public bool HasInFlight => _inFlight is not null;

    /// <summary>
    /// Whether that Kinesis record is the one in flight. True only for whoever has it in hand: nobody else can make it land meanwhile, so
    /// that the lock is not needed.
    /// </summary>
    public bool IsInFlight(KinesisRecord record) => ReferenceEquals(Volatile.Read(ref _inFlight), record);

    /// <summary>The number that the shard gave to the Kinesis record before the one in flight; null where it gave none yet.</summary>
    public string? SequenceNumberForOrdering => _sequence.LastOf(engine.Range.ShardId);

    /// <summary>The service does not take the former number for the stream's: ordering starts anew.</summary>
    public void ForgetSequenceNumber() => _sequence.Forget();

    /// <summary>A shard gave that number. Returns the one that it should have exceeded and did not. Needs no lock.</summary>
    public string? CheckSequence(string shardId, string sequenceNumber) => _sequence.Next(shardId, sequenceNumber);

    /// <summary>A shard took what is in flight: how long that took tells how large aggregates may grow.</summary>
    public void OnTaken(long now) => _growth.OnRoundTrip(now - _sentAt);

    public AggregationLimits LimitsWithin(AggregationLimits most) => _growth.Limit(services.Settings.Shard, most);

    public void Enqueue(KinesisRecord record) => _closed.Enqueue(record);

    public void TakeBack(KinesisRecord record)
    {
        OnLanded();
        _head.PutInFront(record);
    }

    /// <summary>Puts Kinesis records, in their order, before everything here.</summary>
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

    /// <summary>What was in flight has ended, or come back.</summary>
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

    /// <summary>What is too large is taken apart in its place; what is returned is too large alone.</summary>
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

    /// <summary>The members of a Kinesis record that go on, in their order, as the engine sends them now.</summary>
    /// <param name="record">The Kinesis record, in flight or no longer held. Its memory is given back unless it is in flight.</param>
    /// <param name="ended">Gets the members that have expired, or had all their attempts.</param>
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

    /// <summary>Puts others in the place of some of what is held; null leaves one where it is.</summary>
    private void Replace(Func<KinesisRecord, List<KinesisRecord>?> others)
    {
        var head = new List<KinesisRecord>();
        _head.TakeAll(head);
        _head.PutInFront([.. head.SelectMany(r => others(r) ?? [r])]);
        _closed.Replace(others);
    }
}
