namespace Orleans.Kpl.Pipeline.Engines;

/// <summary>
/// Kinesis records of an unordered stream's shard that wait for a retry, the one that may be sent first in front. Guarded by its engine's
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

    /// <summary>Removes all records, in the order in which they may be sent.</summary>
    public readonly void TakeAll(List<KinesisRecord> into)
    {
        if (_waiting is null)
            return;
        into.EnsureCapacity(into.Count + _waiting.Count);
        while (_waiting.TryDequeue(out var record, out _))
            into.Add(record);
    }
}
