namespace Orleans.Kpl.Pipeline.Outcomes;

/// <summary>
/// Where the ends of records go that were accepted together: a caller's promise, a batch, later a message to another silo.
/// What they have in common stands here once instead of at each record.
/// </summary>
internal abstract class OutcomeSink
{
    private readonly AcceptanceTerms _terms;

    protected OutcomeSink(in AcceptanceTerms terms) => _terms = terms;

    public FlushGeneration Generation => _terms.Generation;

    public long AcceptedAt => _terms.AcceptedAt;

    public long ExpiresAt => _terms.ExpiresAt;

    public bool Immediate => _terms.Immediate;

    /// <summary>The record leaves without linger: its caller asked so, or a flush waits for it.</summary>
    public bool IsDueAtOnce => _terms.Immediate || Generation.IsFlushing;

    /// <summary>Takes the end of one record. Runs no code of the caller.</summary>
    public abstract void Set(int index, in RecordResult result);

    /// <summary>So many records that were set have ended, by the same thread and since the last such call of it; the caller's code may run from here on.</summary>
    public abstract void Ended(int count);
}

/// <summary>One accepted record as its aggregate remembers it.</summary>
internal readonly record struct Member(OutcomeSink Sink, int Index);
