namespace Orleans.Kpl.Pipeline.Outcomes;

/// <summary>
/// Where the ends of records go that were accepted together: a caller's promise, a batch, later a message to another silo.
/// What they have in common (when they were accepted, when they expire, which flush waits for them) stands here once instead
/// of at each record.
/// </summary>
internal abstract class OutcomeSink
{
    protected OutcomeSink(FlushGeneration generation, long acceptedAt, long expiresAt, bool immediate)
    {
        Generation = generation;
        AcceptedAt = acceptedAt;
        ExpiresAt = expiresAt;
        Immediate = immediate;
    }

    public FlushGeneration Generation { get; }

    public long AcceptedAt { get; }

    public long ExpiresAt { get; }

    public bool Immediate { get; }

    /// <summary>The record leaves without linger: its caller asked so, or a flush waits for it.</summary>
    public bool IsDueAtOnce => Immediate || Generation.IsFlushing;

    /// <summary>Takes the end of one record. Runs no code of the caller.</summary>
    public abstract void Set(int index, in RecordResult result);

    /// <summary>So many records that were set have ended, by the same thread and since the last such call of it; the caller's code may run from here on.</summary>
    public abstract void Ended(int count);
}

/// <summary>One accepted record as its aggregate remembers it.</summary>
internal readonly record struct Member(OutcomeSink Sink, int Index);
