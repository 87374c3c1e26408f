namespace Orleans.Kpl.Silos.Links;

/// <summary>Outcomes of records on their way back to the silo that accepted them. The frame may arrive more than once.</summary>
internal sealed class OutcomesFrame(SiloId owner, string stream, byte[] outcomes, string[] gone)
{
    /// <summary>
    /// The code of a record of an ordered stream that has no outcome: it comes back, to be routed again by the silo that accepted it.
    /// </summary>
    public const string GivenBack = "GivenBack";

    public SiloId Owner { get; } = owner;

    public string Stream { get; } = stream;

    /// <summary><see cref="Packed.PackedOutcomes"/>, by the numbers of the records.</summary>
    public byte[] Outcomes { get; } = outcomes;

    /// <summary>
    /// Shards that are not owned there: their records were passed on, and the sender should ask for the owner before it sends more.
    /// </summary>
    public string[] Gone { get; } = gone;
}
