using Orleans.Kpl.Pipeline.Limiting;

namespace Orleans.Kpl.Pipeline.Records;

/// <summary>
/// Where the ends of records go that were accepted together: a caller's promise, a batch, later a message to another silo.
/// What they have in common stands here once instead of at each record.
/// </summary>
internal abstract class OutcomeSink
{
    /// <summary>About what the fields take.</summary>
    public const int OwnBytes = 96;

    private readonly AcceptanceTerms _terms;

    protected OutcomeSink(in AcceptanceTerms terms) => _terms = terms;

    public FlushGeneration Generation => _terms.Generation;

    public long AcceptedAt => _terms.AcceptedAt;

    public long ExpiresAt => _terms.ExpiresAt;

    public bool Immediate => _terms.Immediate;

    /// <summary>What the backlog is to the records.</summary>
    public BacklogUse Use => _terms.Use;

    /// <summary>The record leaves without linger: its caller asked so, or a flush waits for it.</summary>
    public bool IsDueAtOnce => _terms.Immediate || Generation.IsFlushing;

    /// <summary>
    /// The record has joined a Kinesis record, and has this result if that one is delivered as it is. A sink that keeps it need not be told
    /// then: its caller's memory is in the caches now, and would not be later. Any other end is set as always, and takes its place.
    /// </summary>
    public virtual void PresetResult(int index, in RecordResult result)
    {
    }

    /// <summary>Whether it keeps what it is told by <see cref="PresetResult"/>.</summary>
    public virtual bool KeepsAhead => false;

    /// <summary>Takes the end of one record. Runs no code of the caller.</summary>
    public abstract void SetResult(int index, in RecordResult result);

    /// <summary>
    /// Takes the end of one record that failed together with others and shares their bytes. Who keeps that result lets go of it at last; else
    /// it gets a record of its own.
    /// </summary>
    public virtual void SetFailed(int index, in RecordResult result)
    {
        SetResult(index, result.WithOwnRecord());
        result.LetGo();
    }

    /// <summary>
    /// Keeps the room of such a record, whose bytes are still there, until the caller can have its result; false where that is at once.
    /// </summary>
    public virtual bool TryHoldMemory(MemoryLimits memory, long charge) => false;

    /// <summary>
    /// So many records that were set have ended, by the same thread and since the last such call of it; the caller's code may run from here on.
    /// </summary>
    public abstract void Complete(int count);
}

/// <summary>One accepted record as its aggregate remembers it.</summary>
internal readonly record struct MemberRef(OutcomeSink Sink, int Index);

/// <summary>What records that were accepted together have in common.</summary>
/// <param name="Generation">Which flush waits for them.</param>
/// <param name="AcceptedAt">When they were accepted.</param>
/// <param name="ExpiresAt">When they expire.</param>
/// <param name="Immediate">Whether their caller asked for no linger.</param>
/// <param name="Use">What the backlog is to them.</param>
internal readonly record struct AcceptanceTerms(FlushGeneration Generation, long AcceptedAt, long ExpiresAt, bool Immediate, BacklogUse Use = BacklogUse.None);
