using Orleans.Kpl.Pipeline.Retrying;

namespace Orleans.Kpl.Pipeline.Ordering;

/// <summary>What goes before everything newer of its shard, in order: while the first one backs off, all wait.</summary>
internal sealed class HeadLine : IRetryLine
{
    private readonly Stack<KinesisRecord> _line = new();

    public long NextDue => _line.TryPeek(out var first) ? first.NotBefore : long.MaxValue;

    public long EarliestExpiry => _line.Count == 0 ? long.MaxValue : _line.Min(static r => r.ExpiresAt);

    public long OldestAcceptedAt => _line.Count == 0 ? long.MaxValue : _line.Min(static r => r.OldestAcceptedAt);

    public void Add(KinesisRecord record) => _line.Push(record);

    /// <summary>Puts all of them, in their order, before what is here.</summary>
    public void PutInFront(List<KinesisRecord> records)
    {
        for (var last = records.Count - 1; last >= 0; last--)
            _line.Push(records[last]);
    }

    public KinesisRecord? Peek(long now) => _line.TryPeek(out var first) && first.NotBefore <= now ? first : null;

    public void Dequeue() => _line.Pop();

    public void TakeAll(List<KinesisRecord> into)
    {
        into.AddRange(_line);
        _line.Clear();
    }
}
