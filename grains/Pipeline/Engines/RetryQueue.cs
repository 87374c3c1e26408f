namespace Orleans.Kpl.Pipeline.Engines;

/// <summary>
/// Kinesis records of an unordered stream's shard that wait for a retry, the one that may be sent first in front. Guarded by its engine's
/// lock.
/// </summary>
internal sealed class RetryQueue
{
    private readonly PriorityQueue<KinesisRecord, long> _waiting = new();

    public bool IsEmpty => _waiting.Count == 0;

    /// <summary>When the first record may be sent; <see cref="long.MaxValue"/> where there is none.</summary>
    public long NextDue => _waiting.TryPeek(out _, out var due) ? due : long.MaxValue;

    public long EarliestExpiry => _waiting.Count == 0 ? long.MaxValue : _waiting.UnorderedItems.Min(static i => i.Element.ExpiresAt);

    public long OldestAcceptedAt => _waiting.Count == 0 ? long.MaxValue : _waiting.UnorderedItems.Min(static i => i.Element.OldestAcceptedAt);

    public void Add(KinesisRecord record) => _waiting.Enqueue(record, record.NotBefore);

    /// <summary>Returns the first record if it may be sent by now.</summary>
    public KinesisRecord? Peek(long now) => _waiting.TryPeek(out var record, out var due) && due <= now ? record : null;

    public void Dequeue() => _waiting.Dequeue();

    /// <summary>Removes all records, in the order in which they may be sent.</summary>
    public void TakeAll(List<KinesisRecord> into)
    {
        into.EnsureCapacity(into.Count + _waiting.Count);
        while (_waiting.TryDequeue(out var record, out _))
            into.Add(record);
    }
}
