using Orleans.Runtime;

namespace Orleans.Kpl.Lanes;

/// <summary>Outcomes of a session, in packed messages; without any, the proof that its silo lives.</summary>
[GenerateSerializer]
[Immutable]
[Alias("Orleans.Kpl.LaneOutcomes")]
internal sealed record LaneOutcomes
{
    /// <summary>
    /// <see cref="LaneVerdict.Accepted"/>; <see cref="LaneVerdict.Draining"/>, with outcomes all the same; <see cref="LaneVerdict.Lost"/>;
    /// <see cref="LaneVerdict.Forgotten"/>; or <see cref="LaneVerdict.Invalid"/>.
    /// </summary>
    [Id(0)]
    public required LaneVerdict Verdict { get; init; }

    /// <summary>The silo that the session is at.</summary>
    [Id(1)]
    public required SiloAddress Silo { get; init; }

    /// <summary>The number of the first message; the others follow. Counted by session, from 1.</summary>
    [Id(2)]
    public long FirstMessage { get; init; }

    /// <summary>Packed outcomes (<c>Orleans.Kpl.Packed.PackedOutcomes</c>), by the client's own numbers of its records.</summary>
    [Id(3)]
    public byte[][] Messages { get; init; } = [];

    /// <summary>How many silos the cluster has, as that silo knows it: a client deals its lanes over all of them.</summary>
    [Id(4)]
    public int Silos { get; init; }
}
