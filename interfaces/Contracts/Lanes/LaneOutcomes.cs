using Orleans.Runtime;

namespace Orleans.Kpl.Lanes;

/// <summary>Outcomes of a session, in packed messages. A reply without outcomes shows that the silo is alive.</summary>
[GenerateSerializer]
[Immutable]
[Alias("Orleans.Kpl.LaneOutcomes")]
internal sealed record LaneOutcomes
{
    /// <summary>
    /// <see cref="LaneVerdict.Accepted"/>; <see cref="LaneVerdict.Draining"/>, which may also carry outcomes;
    /// <see cref="LaneVerdict.Lost"/>; <see cref="LaneVerdict.Forgotten"/>; or <see cref="LaneVerdict.Invalid"/>.
    /// </summary>
    [Id(0)]
    public required LaneVerdict Verdict { get; init; }

    /// <summary>The silo of the session.</summary>
    [Id(1)]
    public required SiloAddress Silo { get; init; }

    /// <summary>The number of the first message; the others follow. Numbers count per session, from 1.</summary>
    [Id(2)]
    public long FirstMessage { get; init; }

    /// <summary>Packed outcomes (<c>Orleans.Kpl.Packed.PackedOutcomes</c>), by the client's own record numbers.</summary>
    [Id(3)]
    public byte[][] Messages { get; init; } = [];

    /// <summary>The number of silos in the cluster, as that silo knows it: a client distributes its lanes over all of them.</summary>
    [Id(4)]
    public int Silos { get; init; }
}
