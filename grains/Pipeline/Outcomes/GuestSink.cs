namespace Orleans.Kpl.Pipeline.Outcomes;

/// <summary>
/// For records that another process accepted and whose shard this one owns: they stand in that one's books and room, and here
/// only in the room of whoever took them in.
/// </summary>
internal abstract class GuestSink(in AcceptanceTerms terms) : OutcomeSink(terms)
{
    /// <summary>What a record would be charged of the room if it had been accepted here.</summary>
    public abstract long ChargeOf(int index);
}
