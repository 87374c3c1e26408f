using Orleans.Runtime;

namespace Orleans.Kpl.Lanes;

/// <summary>The silo's answer to a batch, a flush or the closing of a session.</summary>
/// <remarks>A reply without <see cref="MaxInFlight"/> is read by older versions as before: fields at their default do not travel.</remarks>
[GenerateSerializer]
[OmitDefaultMemberValues]
[Immutable]
[Alias("Orleans.Kpl.LaneReply")]
internal sealed record LaneReply
{
    [Id(0)]
    public required LaneVerdict Verdict { get; init; }

    /// <summary>The silo that gave the verdict: it has the session, and the client fetches the outcomes there.</summary>
    [Id(1)]
    public required SiloAddress Silo { get; init; }

    /// <summary>For <see cref="LaneVerdict.Invalid"/>: one of <see cref="RecordErrorCodes"/>.</summary>
    [Id(2)]
    public string? ErrorCode { get; init; }

    /// <summary>For <see cref="LaneVerdict.Invalid"/>: describes the problem.</summary>
    [Id(3)]
    public string? ErrorMessage { get; init; }

    /// <summary>The number of silos in the cluster, as that silo knows it: a client distributes its lanes over all of them.</summary>
    [Id(4)]
    public int Silos { get; init; }

    /// <summary>The most batches that the client may have in flight on each of its lanes to that silo; 0 from a silo that does not say.</summary>
    [Id(5)]
    public int MaxInFlight { get; init; }
}
