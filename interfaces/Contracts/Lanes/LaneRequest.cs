using Orleans.Runtime;

namespace Orleans.Kpl.Lanes;

/// <summary>Names a client's session for the lane's stream.</summary>
[GenerateSerializer]
[Immutable]
[Alias("Orleans.Kpl.LaneRequest")]
internal sealed record LaneRequest
{
    /// <summary>The session.</summary>
    [Id(0)]
    public required Guid Session { get; init; }

    /// <summary>The silo that the session is at; null when it is opened, for whichever the lane reaches.</summary>
    [Id(1)]
    public SiloAddress? Silo { get; init; }

    /// <summary>The last message of outcomes of this session that has arrived; it and all before it need not be kept.</summary>
    [Id(2)]
    public long AcknowledgedUpTo { get; init; }

    /// <summary>Every record below this number has ended at the client.</summary>
    [Id(3)]
    public long EndedBefore { get; init; }

    /// <summary>
    /// For <see cref="IClientLane.Open"/>: the session takes records apart and answers them as <c>Accepted</c>, and produces nothing.
    /// Only a bench asks so, to measure what the calls alone cost.
    /// </summary>
    [Id(4)]
    public bool IsCallsOnly { get; init; }
}
