namespace Orleans.Kpl.Pipeline.Engines;

/// <summary>Closed Kinesis records that were not sent yet, the oldest first. Guarded by its engine's lock.</summary>
internal sealed class ClosedRecords
{
    private readonly Queue<KinesisRecord> _queue = new();

    public bool IsEmpty => _queue.Count == 0;

    /// <summary>The oldest record; null where there is none.</summary>
    public KinesisRecord? First => _queue.TryPeek(out var first) ? first : null;

    /// <summary>When the first member of any of the records expires.</summary>
    public long EarliestExpiry
    {
        get
        {
            var earliest = long.MaxValue;
            foreach (var record in _queue)
                earliest = Math.Min(earliest, record.ExpiresAt);
            return earliest;
        }
    }

    /// <summary>When the oldest member of any of the records was accepted.</summary>
    public long OldestAcceptedAt
    {
        get
        {
            var oldest = long.MaxValue;
            foreach (var record in _queue)
                oldest = Math.Min(oldest, record.OldestAcceptedAt);
            return oldest;
        }
    }

    public void Enqueue(KinesisRecord record) => _queue.Enqueue(record);

    public KinesisRecord Dequeue() => _queue.Dequeue();

    /// <summary>Tells the collector to send the records without waiting for others.</summary>
    public void FlushNow(long now)
    {
        foreach (var record in _queue)
            record.Deadline = Math.Min(record.Deadline, now);
    }

    /// <summary>Removes all records.</summary>
    public void TakeAll(List<KinesisRecord> into)
    {
        into.AddRange(_queue);
        _queue.Clear();
    }

    /// <summary>Removes the records that match; the others keep their order.</summary>
    public void TakeOut(Predicate<KinesisRecord> isMeant, List<KinesisRecord> into)
    {
        for (var left = _queue.Count; left > 0; left--)
        {
            var record = _queue.Dequeue();
            if (isMeant(record))
                into.Add(record);
            else
                _queue.Enqueue(record);
        }
    }

    /// <summary>Replaces records by others in the same place; null leaves a record where it is.</summary>
    public void Replace(Func<KinesisRecord, List<KinesisRecord>?> others)
    {
        for (var left = _queue.Count; left > 0; left--)
        {
            var record = _queue.Dequeue();
            foreach (var other in others(record) ?? [record])
                _queue.Enqueue(other);
        }
    }
}
