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

    /// <summary>The silo of the session; null when opening a session, at whichever silo the lane reaches.</summary>
    [Id(1)]
    public SiloAddress? Silo { get; init; }

    /// <summary>The last message of outcomes of this session that has arrived. The silo may discard it and all earlier ones.</summary>
    [Id(2)]
    public long AcknowledgedUpTo { get; init; }

    /// <summary>Every record below this number has ended at the client.</summary>
    [Id(3)]
    public long EndedBefore { get; init; }

    /// <summary>
    /// For <see cref="IClientLane.Open"/>: the session unpacks records, answers them as <c>Accepted</c> and sends nothing to Kinesis.
    /// Only a benchmark sets it, to measure the cost of the calls alone.
    /// </summary>
    [Id(4)]
    public bool IsCallsOnly { get; init; }
}
