using Orleans.Kpl.Pipeline.Records;

namespace Orleans.Kpl.Pipeline.Outcomes;

/// <summary>
/// For records that another process accepted and whose shard this one owns: they stand in that one's books and room, and here
/// only in the room of whoever took them in.
/// </summary>
internal abstract class ForwardedSink(in AcceptanceTerms terms) : OutcomeSink(terms)
{
    /// <summary>What a record would be charged of the room if it had been accepted here.</summary>
    public abstract long ChargeOf(int index);

    /// <summary>Its record is where it was accepted.</summary>
    public override void SetFailed(int index, in RecordResult result)
    {
        SetResult(index, result.WithoutRecord());
        result.LetGo();
    }

    /// <summary>Gives a record back to who accepted it, not delivered: it is routed there anew, in its place.</summary>
    /// <param name="index">The record.</param>
    /// <param name="attempts">What it went through here.</param>
    public abstract void GiveBack(int index, Attempt[] attempts);
}
