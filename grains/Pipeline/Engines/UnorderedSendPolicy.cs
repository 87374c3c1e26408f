using Orleans.Kpl.Pipeline.Aggregation;

namespace Orleans.Kpl.Pipeline.Engines;

/// <summary>
/// Sends the records of a stream without order: first the failed records that may be retried, then the closed ones. Any number is in flight
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

    public List<KinesisRecord> TakeDivided(Boundaries boundaries) => TakeOut(boundaries.Divide);

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
