namespace Orleans.Kpl.Pipeline.Engines;

/// <summary>
/// Kinesis records of an ordered stream's shard that go before everything newer, in order: while the first one backs off, all wait. Guarded
/// by its engine's lock.
/// </summary>
internal sealed class OrderedRetryQueue
{
    private readonly Stack<KinesisRecord> _line = new();

    public bool IsEmpty => _line.Count == 0;

    public long EarliestExpiry => _line.Count == 0 ? long.MaxValue : _line.Min(static r => r.ExpiresAt);

    public long OldestAcceptedAt => _line.Count == 0 ? long.MaxValue : _line.Min(static r => r.OldestAcceptedAt);

    /// <summary>The first one, which waits until its <see cref="KinesisRecord.NotBefore"/>; null where there is none.</summary>
    public KinesisRecord? First => _line.TryPeek(out var first) ? first : null;

    /// <summary>Puts one before all that are here.</summary>
    public void PutInFront(KinesisRecord record) => _line.Push(record);

    /// <summary>Puts all of them, in their order, before what is here.</summary>
    public void PutInFront(List<KinesisRecord> records)
    {
        for (var last = records.Count - 1; last >= 0; last--)
            _line.Push(records[last]);
    }

    public KinesisRecord Dequeue() => _line.Pop();

    /// <summary>Takes all of them, in their order.</summary>
    public void TakeAll(List<KinesisRecord> into)
    {
        into.AddRange(_line);
        _line.Clear();
    }
}
