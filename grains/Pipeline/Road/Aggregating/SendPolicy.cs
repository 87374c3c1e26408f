using Orleans.Kpl.Aggregation;

namespace Orleans.Kpl.Pipeline.Road.Aggregating;

/// <summary>
/// Holds a shard's Kinesis records from their closing until they are sent, and again when they must be retried. It knows their places and which may be
/// sent next; its engine has open aggregates, tokens and time. By itself it keeps no places: first come the failed records that may be retried, then the
/// closed ones. Any number is in flight at a time, and a record that backs off holds up no other.
/// </summary>
/// <remarks>Guarded by its engine's lock. Called for Kinesis records, never for each user record.</remarks>
internal class SendPolicy
{
    // In an outage records expire all the time.
    [ThreadStatic]
    private static List<KinesisRecord>? t_retries;

    private RetryQueue _retries;

    /// <summary>The closed records that were not sent yet.</summary>
    protected ClosedRecords Closed;

    /// <summary>All records that are held. Those in flight are not.</summary>
    public virtual IEnumerable<KinesisRecord> Held => _retries.IsEmpty && Closed.First is null ? [] : _retries.All.Concat(Closed.All);

    /// <summary>Whether a record waits for a retry.</summary>
    public virtual bool HasRetries => !_retries.IsEmpty;

    /// <summary>When the first member of any held record expires.</summary>
    public long EarliestExpiry => EarliestOf(static r => r.ExpiresAt);

    /// <summary>When the oldest member of any held record was accepted.</summary>
    public long OldestAcceptedAt => EarliestOf(static r => r.OldestAcceptedAt);

    /// <summary>The shortest time between two searches for expired records, in ticks.</summary>
    public virtual long ExpiryGrid => 0;

    /// <summary>Returns how large an aggregate that opens now may grow.</summary>
    public virtual AggregationLimits LimitsWithin(AggregationLimits most) => most;

    /// <summary>Adds a closed aggregate behind those closed before.</summary>
    public void Enqueue(KinesisRecord record) => Closed.Enqueue(record);

    /// <summary>Takes back a Kinesis record whose attempt failed. It may be sent again from <see cref="KinesisRecord.NotBefore"/>.</summary>
    public virtual void TakeBack(KinesisRecord record) => _retries.Add(record);

    /// <summary>Determines which record may be sent next, if there are tokens for it.</summary>
    /// <param name="first">The Kinesis record to be sent; null when the open aggregate is next.</param>
    /// <param name="wakeAt">When another record may be sent, should this one have to wait.</param>
    /// <returns>False when nothing may be sent before <paramref name="wakeAt"/>, and neither may the open aggregate.</returns>
    public virtual bool MaySend(long now, out KinesisRecord? first, out long wakeAt)
    {
        first = _retries.Peek(now);
        wakeAt = first is null ? _retries.NextDue : long.MaxValue;
        first ??= Closed.First;
        return true;
    }

    /// <summary>Removes the record that <see cref="MaySend"/> named, to be sent.</summary>
    public virtual KinesisRecord Dequeue(long now)
    {
        if (_retries.Peek(now) is not { } retry)
            return Closed.Dequeue();
        _retries.Dequeue();
        retry.Deadline = now;
        return retry;
    }

    /// <summary>Notes that a Kinesis record is sent: one of those held here, or the open aggregate.</summary>
    public virtual void OnSending(KinesisRecord record, long now)
    {
    }

    /// <summary>Removes all records, each in its place.</summary>
    public virtual void TakeAll(List<KinesisRecord> into)
    {
        _retries.TakeAll(into);
        Closed.TakeAll(into);
    }

    /// <summary>Removes the records that have expired.</summary>
    public virtual List<KinesisRecord> TakeExpired(long now)
    {
        var expired = new List<KinesisRecord>();
        if (_retries.All.Any(r => r.ExpiresAt <= now))
            TakeRetries(r => r.ExpiresAt <= now, expired);
        Closed.TakeOut(r => r.ExpiresAt <= now, expired);
        return expired;
    }

    /// <summary>Ensures that no such Kinesis record is held: its members leave apart. Returns the records that must be routed again for that.</summary>
    public virtual List<KinesisRecord> TakeDivided(Predicate<KinesisRecord> isDivided)
    {
        var taken = new List<KinesisRecord>();
        TakeRetries(isDivided, taken);
        Closed.TakeOut(isDivided, taken);
        return taken;
    }

    /// <summary>Removes the records that are larger than the limit.</summary>
    /// <param name="bytes">The limit in bytes.</param>
    /// <param name="ended">
    /// Receives the records that have expired, or had all their attempts, where aggregates are taken apart in their places.
    /// </param>
    public virtual List<KinesisRecord> TakeLarger(long bytes, List<KinesisRecord> ended) => TakeDivided(r => r.Size > bytes);

    private long EarliestOf(Func<KinesisRecord, long> instant)
    {
        var earliest = long.MaxValue;
        foreach (var record in Held)
            earliest = Math.Min(earliest, instant(record));
        return earliest;
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

    public readonly IEnumerable<KinesisRecord> All => _waiting?.UnorderedItems.Select(static i => i.Element) ?? [];

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
    private Queue<KinesisRecord>? _queue;

    /// <summary>The oldest record; null where there is none.</summary>
    public readonly KinesisRecord? First => _queue is not null && _queue.TryPeek(out var first) ? first : null;

    public readonly IEnumerable<KinesisRecord> All => _queue ?? [];

    public void Enqueue(KinesisRecord record) => (_queue ??= new()).Enqueue(record);

    /// <summary>Removes <see cref="First"/>.</summary>
    public readonly KinesisRecord Dequeue() => _queue!.Dequeue();

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
}
