using Orleans.Runtime;

namespace Orleans.Kpl.Lanes;

/// <summary>What became of a batch, a flush or a session's end.</summary>
[GenerateSerializer]
[Immutable]
[Alias("Orleans.Kpl.LaneReply")]
internal sealed record LaneReply
{
    [Id(0)]
    public required LaneVerdict Verdict { get; init; }

    /// <summary>The silo whose verdict it is: where the session is, and where the outcomes are to be taken.</summary>
    [Id(1)]
    public required SiloAddress Silo { get; init; }

    /// <summary>For <see cref="LaneVerdict.Invalid"/>: one of <see cref="RecordErrorCodes"/>.</summary>
    [Id(2)]
    public string? ErrorCode { get; init; }

    /// <summary>For <see cref="LaneVerdict.Invalid"/>: what is wrong.</summary>
    [Id(3)]
    public string? ErrorMessage { get; init; }

    /// <summary>How many silos the cluster has, as that silo knows it: a client deals its lanes over all of them.</summary>
    [Id(4)]
    public int Silos { get; init; }
}
