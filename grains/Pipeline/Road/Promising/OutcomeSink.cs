using Orleans.Kpl.Pipeline.Road.Limiting;

namespace Orleans.Kpl.Pipeline.Road.Promising;

/// <summary>
/// Receives the outcomes of records that were accepted together: for one caller, a batch, or a message to another silo. It stores their common
/// properties once instead of for each record.
/// </summary>
internal abstract class OutcomeSink(in AcceptanceTerms terms)
{
    private readonly AcceptanceTerms _terms = terms;

    public FlushGeneration Generation => _terms.Generation;

    public long AcceptedAt => _terms.AcceptedAt;

    public long ExpiresAt => _terms.ExpiresAt;

    public bool Immediate => _terms.Immediate || GoesAlone;

    public virtual ISinkRider? Rider => _terms.Rider;

    public bool IsAlone => _terms.IsAlone;

    public int WrongShards => _terms.WrongShards;

    /// <summary>Whether each record is sent alone: wrong shards took it so often that another aggregate would only make another duplicate.</summary>
    public bool GoesAlone => WrongShards >= AttemptChain.WrongShardsUntilAlone;

    /// <summary>Whether the record is sent without linger, because its caller asked for that or a flush waits for it.</summary>
    public bool IsDueAtOnce => Immediate || Generation.IsFlushing;

    /// <summary>Sets the result for when the record's Kinesis record is delivered as it is. Any other outcome is set later and replaces it.</summary>
    public virtual void PresetResult(int index, in RecordResult result)
    {
    }

    /// <summary>Sets the outcome of records delivered as preset. A sink that kept the preset results does nothing. Runs no code of the caller.</summary>
    /// <param name="place">The sub-sequence number of the first; those of the others follow.</param>
    public virtual void SetDelivered(ReadOnlySpan<MemberRef> members, SharedOutcome end, int place)
    {
        foreach (ref readonly var member in members)
            SetResult(member.Index, new RecordResult(end, place++));
    }

    /// <summary>Sets the outcome of one record. Runs no code of the caller.</summary>
    public abstract void SetResult(int index, in RecordResult result);

    /// <summary>
    /// Sets the outcome of one record that failed together with others and shares their bytes. A sink that keeps that result releases it later; by
    /// default the result gets a record of its own.
    /// </summary>
    public virtual void SetFailed(int index, in RecordResult result)
    {
        SetResult(index, result.WithOwnRecord());
        result.LetGo();
    }

    /// <summary>
    /// Keeps such a record's memory reserved, because its bytes are still there, until the caller can read its result. False where the caller can
    /// read it immediately.
    /// </summary>
    public virtual bool TryHoldMemory(MemoryLimit memory, long charge) => false;

    /// <summary>
    /// Completes this many records, whose results the same thread has set since its last call. The caller's code may run from here on.
    /// </summary>
    public abstract void Complete(int count);

    /// <summary>Completes one record, and counts it out.</summary>
    public void Leave()
    {
        Complete(1);
        Generation.Leave(1);
    }
}

/// <summary>A reference to one accepted record, as its aggregate stores it.</summary>
internal readonly record struct MemberRef(OutcomeSink Sink, int Index);

/// <summary>The common properties of records that were accepted together.</summary>
/// <param name="Generation">The flush generation that they count in.</param>
/// <param name="Immediate">Whether their caller asked for no linger.</param>
/// <param name="Rider">What a feature adds to their outcomes; null for nothing. Many puts may share one.</param>
/// <param name="WrongShards">
/// How often wrong shards took each of them before it came here: those attempts are not known here. From two on each is sent alone, and without linger.
/// </param>
/// <param name="IsAlone">Whether each of them is a Kinesis record of its own, because its caller asked for that.</param>
internal readonly record struct AcceptanceTerms(
    FlushGeneration Generation, long AcceptedAt, long ExpiresAt, bool Immediate, ISinkRider? Rider = null, int WrongShards = 0,
    bool IsAlone = false);

/// <summary>
/// The part of a feature in the outcomes of a sink's records; many puts may share one. Without a rider, the stream's ledger and memory limit count the
/// records, and a record that fails has ended.
/// </summary>
internal interface ISinkRider
{
    /// <summary>Whether ledger and memory limit of the process that accepted the records count them, and not those here.</summary>
    bool CountsElsewhere => false;
}

/// <summary>Receives the outcomes of a batch's records, for a caller in this process or one across the network.</summary>
internal interface IBatchOutcomes
{
    /// <summary>Notes that part of the batch was accepted, so the batch cannot be rejected as a whole any more.</summary>
    bool HasAccepted { get; set; }

    /// <summary>Whether some of its records may be accepted before others.</summary>
    bool MayBeSplit => true;

    /// <summary>Sets the outcome of a record that was never accepted, or whose caller asked only for acceptance.</summary>
    void End(int index, in RecordResult result);

    /// <summary>Returns the sink for the outcomes of records that are accepted at the same instant.</summary>
    OutcomeSink NewPart(int count, in AcceptanceTerms terms);

    /// <summary>Notes that every record has been accepted or has its outcome.</summary>
    void AllHandedOver();
}
