namespace Orleans.Kpl.Pipeline.Engines;

/// <summary>
/// Kinesis records of an ordered stream's shard that go before all newer ones, in order: while the first one backs off, all wait. Guarded
/// by its engine's lock.
/// </summary>
internal sealed class OrderedRetryQueue
{
    private readonly Stack<KinesisRecord> _line = new();

    public bool IsEmpty => _line.Count == 0;

    public long EarliestExpiry => _line.Count == 0 ? long.MaxValue : _line.Min(static r => r.ExpiresAt);

    public long OldestAcceptedAt => _line.Count == 0 ? long.MaxValue : _line.Min(static r => r.OldestAcceptedAt);

    /// <summary>The first record, which waits until its <see cref="KinesisRecord.NotBefore"/>; null where there is none.</summary>
    public KinesisRecord? First => _line.TryPeek(out var first) ? first : null;

    /// <summary>Puts a record before all that are in the queue.</summary>
    public void PutInFront(KinesisRecord record) => _line.Push(record);

    /// <summary>Puts records, in their order, before all that are in the queue.</summary>
    public void PutInFront(List<KinesisRecord> records)
    {
        for (var last = records.Count - 1; last >= 0; last--)
            _line.Push(records[last]);
    }

    public KinesisRecord Dequeue() => _line.Pop();

    /// <summary>Removes all records, in their order.</summary>
    public void TakeAll(List<KinesisRecord> into)
    {
        into.AddRange(_line);
        _line.Clear();
    }
}
