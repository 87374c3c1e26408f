using Orleans.Kpl.Pipeline.Serving;
using Orleans.Kpl.Pipeline.Road.Promising;

namespace Orleans.Kpl.Pipeline.Owning;

/// <summary>
/// The sink of forwarded records: another process accepted them, and this process owns their shard. The ledger and memory limit of the accepting
/// process count them. Here they count only against the memory of the component that received them.
/// </summary>
internal abstract class ForwardedSink(in AcceptanceTerms terms) : OutcomeSink(terms), IOutcomeRider
{
    public sealed override IOutcomeRider Rider => this;

    public bool CountsElsewhere => true;

    public abstract long ChargeElsewhere(int index);

    /// <summary>Sets the failed result without the record's bytes, which the accepting process still has.</summary>
    public override void SetFailed(int index, in RecordResult result)
    {
        SetResult(index, result.WithoutRecord());
        result.LetGo();
    }

    /// <summary>Gives an undelivered record back to the process that accepted it. That process routes it anew, in its original place.</summary>
    public abstract bool TryGiveBack(int index, Attempt[] attempts);
}
