namespace Orleans.Kpl.Pipeline.Engines;

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
    public readonly long EarliestExpiry
    {
        get
        {
            var earliest = long.MaxValue;
            foreach (var record in All)
                earliest = Math.Min(earliest, record.ExpiresAt);
            return earliest;
        }
    }

    /// <summary>When the oldest member of any of the records was accepted.</summary>
    public readonly long OldestAcceptedAt
    {
        get
        {
            var oldest = long.MaxValue;
            foreach (var record in All)
                oldest = Math.Min(oldest, record.OldestAcceptedAt);
            return oldest;
        }
    }

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

    /// <summary>Removes the records that match; the others keep their order.</summary>
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

    /// <summary>Replaces records by others in the same place; null leaves a record where it is.</summary>
    public readonly void Replace(Func<KinesisRecord, List<KinesisRecord>?> others)
    {
        if (_queue is null)
            return;
        for (var left = _queue.Count; left > 0; left--)
        {
            var record = _queue.Dequeue();
            foreach (var other in others(record) ?? [record])
                _queue.Enqueue(other);
        }
    }

    private readonly Queue<KinesisRecord> All => _queue ?? None;
}
