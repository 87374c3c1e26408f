namespace Orleans.Kpl.Pipeline.Engines;

/// <summary>Closed Kinesis records that no try was made with yet, the oldest first. Guarded by its engine's lock.</summary>
internal sealed class ClosedRecords
{
    private readonly Queue<KinesisRecord> _queue = new();

    public bool IsEmpty => _queue.Count == 0;

    /// <summary>The oldest one; null where there is none.</summary>
    public KinesisRecord? First => _queue.TryPeek(out var first) ? first : null;

    /// <summary>When the first member of any of them expires.</summary>
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

    /// <summary>When the oldest member of any of them was accepted.</summary>
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

    /// <summary>The collector need not keep them for company any more.</summary>
    public void FlushNow(long now)
    {
        foreach (var record in _queue)
            record.Deadline = Math.Min(record.Deadline, now);
    }

    /// <summary>Takes all of them out.</summary>
    public void TakeAll(List<KinesisRecord> into)
    {
        into.AddRange(_queue);
        _queue.Clear();
    }

    /// <summary>Takes some of them out; the others keep their order.</summary>
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

    /// <summary>Puts others in the place of some of them; null leaves one where it is.</summary>
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
