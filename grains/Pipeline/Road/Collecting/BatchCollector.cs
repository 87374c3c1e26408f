using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Settings;

namespace Orleans.Kpl.Pipeline.Road.Collecting;

/// <summary>Collects the Kinesis records of all shards into PutRecords calls, as they came. Guarded by its sender's lock.</summary>
internal sealed class BatchCollector(CollectionLimits limits)
{
    private readonly Queue<KinesisRecord> _waiting = new();
    private long _bytes;

    public bool IsEmpty => _waiting.Count == 0;

    /// <summary>Whether there are enough records for a full call.</summary>
    public bool IsFull => _waiting.Count >= limits.MaxCount || _bytes >= limits.MaxBytes;

    /// <summary>When the first waiting record must leave; <see cref="long.MaxValue"/> when none waits.</summary>
    public long EarliestDeadline { get; private set; } = long.MaxValue;

    /// <summary>When the first waiting record expires; <see cref="long.MaxValue"/> when none waits.</summary>
    public long EarliestExpiry { get; private set; } = long.MaxValue;

    public IEnumerable<KinesisRecord> Waiting => _waiting;

    public void Add(KinesisRecord record)
    {
        _waiting.Enqueue(record);
        _bytes += record.Size;
        Await(record);
    }

    /// <summary>Lets what waits leave from that instant on. Returns when the first record must leave.</summary>
    public long MakeDue(long now)
    {
        foreach (var record in _waiting)
            record.Deadline = Math.Min(record.Deadline, now);
        return EarliestDeadline = IsEmpty ? long.MaxValue : Math.Min(EarliestDeadline, now);
    }

    /// <summary>Removes and returns the records that match.</summary>
    public List<KinesisRecord> TakeOut(Predicate<KinesisRecord> isMeant)
    {
        var all = _waiting.ToList();
        _waiting.Clear();
        _bytes = 0;
        EarliestDeadline = EarliestExpiry = long.MaxValue;
        foreach (var record in all.Where(r => !isMeant(r)))
            Add(record);
        return all.FindAll(isMeant);
    }

    /// <summary>The bytes that the next call would have at most.</summary>
    public long BytesOfCall => Math.Min(_bytes, limits.MaxBytes);

    /// <summary>Takes the records of one call of so many bytes at most; a larger record goes alone.</summary>
    public List<KinesisRecord> Cut(long maxBytes)
    {
        var call = new List<KinesisRecord>(Math.Min(limits.MaxCount, _waiting.Count));
        long bytes = 0;
        while (call.Count < limits.MaxCount && _waiting.TryPeek(out var next) && (call.Count == 0 || bytes + next.Size <= maxBytes))
        {
            bytes += next.Size;
            call.Add(_waiting.Dequeue());
        }

        _bytes -= bytes;
        EarliestDeadline = EarliestExpiry = long.MaxValue;
        foreach (var record in _waiting)
            Await(record);
        return call;
    }

    private void Await(KinesisRecord record)
    {
        EarliestDeadline = Math.Min(EarliestDeadline, record.Deadline);
        EarliestExpiry = Math.Min(EarliestExpiry, record.ExpiresAt);
    }
}
