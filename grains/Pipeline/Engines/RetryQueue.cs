namespace Orleans.Kpl.Pipeline.Engines;

/// <summary>
/// Kinesis records of an unordered stream's shard that wait for another try, the one that may go first in front. Guarded by its engine's
/// lock.
/// </summary>
internal sealed class RetryQueue
{
    private readonly PriorityQueue<KinesisRecord, long> _waiting = new();

    public bool IsEmpty => _waiting.Count == 0;

    /// <summary>When the first one may go; <see cref="long.MaxValue"/> where there is none.</summary>
    public long NextDue => _waiting.TryPeek(out _, out var due) ? due : long.MaxValue;

    public long EarliestExpiry => _waiting.Count == 0 ? long.MaxValue : _waiting.UnorderedItems.Min(static i => i.Element.ExpiresAt);

    public long OldestAcceptedAt => _waiting.Count == 0 ? long.MaxValue : _waiting.UnorderedItems.Min(static i => i.Element.OldestAcceptedAt);

    public void Add(KinesisRecord record) => _waiting.Enqueue(record, record.NotBefore);

    /// <summary>The first one if it may go by now.</summary>
    public KinesisRecord? Peek(long now) => _waiting.TryPeek(out var record, out var due) && due <= now ? record : null;

    public void Dequeue() => _waiting.Dequeue();

    /// <summary>Takes all of them, in the order in which they may go.</summary>
    public void TakeAll(List<KinesisRecord> into)
    {
        into.EnsureCapacity(into.Count + _waiting.Count);
        while (_waiting.TryDequeue(out var record, out _))
            into.Add(record);
    }
}
