using Orleans.Runtime;

namespace Orleans.Kpl.Grains.Links;

/// <summary>Outcomes of records on their way back to the silo that accepted them. The frame may arrive more than once.</summary>
[GenerateSerializer, Immutable, Alias("Orleans.Kpl.OutcomesFrame")]
internal sealed class OutcomesFrame(SiloAddress owner, string stream, byte[] outcomes, string[] gone)
{
    /// <summary>
    /// The code of a record of an ordered stream that has no outcome: it comes back, to be routed again by the silo that accepted it.
    /// </summary>
    public const string GivenBack = "GivenBack";

    [Id(0)]
    public SiloAddress Owner { get; } = owner;

    [Id(1)]
    public string Stream { get; } = stream;

    /// <summary><see cref="Packed.PackedOutcomes"/>, by the numbers of the records.</summary>
    [Id(2)]
    public byte[] Outcomes { get; } = outcomes;

    /// <summary>
    /// Shards that are not owned there: their records were passed on, and the sender should ask for the owner before it sends more.
    /// </summary>
    [Id(3)]
    public string[] Gone { get; } = gone;
}
