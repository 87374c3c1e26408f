using Orleans.Kpl.Aggregation;

namespace Orleans.Kpl.Pipeline.Road.Aggregating;

/// <summary>
/// Sends records that need not keep their places: first the failed records that may be retried, then the closed ones. Any number is in flight
/// at a time, and a record that backs off holds up no other.
/// </summary>
internal sealed class UnorderedSendPolicy : ISendPolicy
{
    // In an outage records expire all the time.
    [ThreadStatic]
    private static List<KinesisRecord>? t_retries;

    private RetryQueue _retries;
    private ClosedRecords _closed;

    public bool IsEmpty => _closed.IsEmpty && _retries.IsEmpty;

    public bool HasRetries => !_retries.IsEmpty;

    public long EarliestExpiry => Math.Min(_retries.EarliestExpiry, _closed.EarliestExpiry);

    public long OldestAcceptedAt => Math.Min(_retries.OldestAcceptedAt, _closed.OldestAcceptedAt);

    public long ExpiryGrid => 0;

    public AggregationLimits LimitsWithin(AggregationLimits most) => most;

    public void Enqueue(KinesisRecord record) => _closed.Enqueue(record);

    public void TakeBack(KinesisRecord record) => _retries.Add(record);

    public bool MaySend(long now, out KinesisRecord? first, out long wakeAt)
    {
        first = _retries.Peek(now);
        wakeAt = first is null ? _retries.NextDue : long.MaxValue;
        first ??= _closed.First;
        return true;
    }

    public KinesisRecord Dequeue(long now)
    {
        if (_retries.Peek(now) is not { } retry)
            return _closed.Dequeue();
        _retries.Dequeue();
        retry.Deadline = now;
        return retry;
    }

    public void OnSending(KinesisRecord record, long now)
    {
    }

    public void FlushNow(long now) => _closed.FlushNow(now);

    public void TakeAll(List<KinesisRecord> into)
    {
        _retries.TakeAll(into);
        _closed.TakeAll(into);
    }

    public List<KinesisRecord> TakeExpired(long now)
    {
        var expired = new List<KinesisRecord>();
        if (_retries.EarliestExpiry <= now)
            TakeRetries(r => r.ExpiresAt <= now, expired);
        _closed.TakeOut(r => r.ExpiresAt <= now, expired);
        return expired;
    }

    public List<KinesisRecord> TakeDivided(Predicate<KinesisRecord> isDivided) => TakeOut(isDivided);

    public List<KinesisRecord> TakeLarger(long bytes, List<KinesisRecord> ended) => TakeOut(r => r.Size > bytes);

    private List<KinesisRecord> TakeOut(Predicate<KinesisRecord> isMeant)
    {
        var taken = new List<KinesisRecord>();
        TakeRetries(isMeant, taken);
        _closed.TakeOut(isMeant, taken);
        return taken;
    }

    private void TakeRetries(Predicate<KinesisRecord> isMeant, List<KinesisRecord> into)
    {
        var all = t_retries ??= [];
        _retries.TakeAll(all);
        foreach (var record in all)
        {
            if (isMeant(record))
                into.Add(record);
            else
                _retries.Add(record);
        }

        all.Clear();
    }
}

/// <summary>
/// Kinesis records of a shard that wait for a retry, the one that may be sent first in front. Guarded by its engine's
/// lock. It is a mutable value, a field of its policy, and has no memory before the first retry: each sending looks at it.
/// </summary>
internal struct RetryQueue
{
    private PriorityQueue<KinesisRecord, long>? _waiting;

    public readonly bool IsEmpty => _waiting is not { Count: > 0 };

    /// <summary>When the first record may be sent; <see cref="long.MaxValue"/> where there is none.</summary>
    public readonly long NextDue => _waiting is not null && _waiting.TryPeek(out _, out var due) ? due : long.MaxValue;

    public readonly long EarliestExpiry => IsEmpty ? long.MaxValue : _waiting!.UnorderedItems.Min(static i => i.Element.ExpiresAt);

    public readonly long OldestAcceptedAt => IsEmpty ? long.MaxValue : _waiting!.UnorderedItems.Min(static i => i.Element.OldestAcceptedAt);

    public void Add(KinesisRecord record) => (_waiting ??= new()).Enqueue(record, record.NotBefore);

    /// <summary>Returns the first record if it may be sent by now.</summary>
    public readonly KinesisRecord? Peek(long now) =>
        _waiting is not null && _waiting.TryPeek(out var record, out var due) && due <= now ? record : null;

    /// <summary>Removes the record that <see cref="Peek"/> returned.</summary>
    public readonly void Dequeue() => _waiting!.Dequeue();

    /// <summary>Removes all records, the one that may be sent first in front.</summary>
    public readonly void TakeAll(List<KinesisRecord> into)
    {
        if (_waiting is null)
            return;
        into.EnsureCapacity(into.Count + _waiting.Count);
        while (_waiting.TryDequeue(out var record, out _))
            into.Add(record);
    }
}

/// <summary>
/// Closed Kinesis records that were not sent yet, the oldest first. Guarded by its engine's lock. It is a mutable value, a field of its policy, and has
/// no memory before the first record: each sending looks at it.
/// </summary>
internal struct ClosedRecords
{
    private static readonly Queue<KinesisRecord> None = new();

    private Queue<KinesisRecord>? _queue;

    public readonly bool IsEmpty => _queue is not { Count: > 0 };

    /// <summary>The oldest record; null where there is none.</summary>
    public readonly KinesisRecord? First => _queue is not null && _queue.TryPeek(out var first) ? first : null;

    /// <summary>When the first member of any of the records expires.</summary>
    public readonly long EarliestExpiry => IsEmpty ? long.MaxValue : All.Min(static r => r.ExpiresAt);

    /// <summary>When the oldest member of any of the records was accepted.</summary>
    public readonly long OldestAcceptedAt => IsEmpty ? long.MaxValue : All.Min(static r => r.OldestAcceptedAt);

    public void Enqueue(KinesisRecord record) => (_queue ??= new()).Enqueue(record);

    /// <summary>Removes <see cref="First"/>.</summary>
    public readonly KinesisRecord Dequeue() => _queue!.Dequeue();

    /// <summary>Tells the collector to send the records without waiting for others.</summary>
    public readonly void FlushNow(long now)
    {
        foreach (var record in All)
            record.Deadline = Math.Min(record.Deadline, now);
    }

    /// <summary>Removes all records.</summary>
    public readonly void TakeAll(List<KinesisRecord> into)
    {
        if (_queue is null)
            return;
        into.AddRange(_queue);
        _queue.Clear();
    }

    /// <summary>Removes the records that match; the others keep their places.</summary>
    public readonly void TakeOut(Predicate<KinesisRecord> isMeant, List<KinesisRecord> into)
    {
        if (_queue is null)
            return;
        for (var left = _queue.Count; left > 0; left--)
        {
            var record = _queue.Dequeue();
            if (isMeant(record))
                into.Add(record);
            else
                _queue.Enqueue(record);
        }
    }

    private readonly Queue<KinesisRecord> All => _queue ?? None;
}
