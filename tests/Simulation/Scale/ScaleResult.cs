namespace Orleans.Kpl.Simulation.Scale;

/// <summary>What a scale run showed.</summary>
internal sealed record ScaleResult
{
    public required ScalePlan Plan { get; init; }

    /// <summary>What was found wrong first; null for nothing.</summary>
    public required string? Violation { get; init; }

    public required ScaleOutcomes Outcomes { get; init; }

    /// <summary>Error codes of outcomes, with their number.</summary>
    public required IReadOnlyDictionary<string, long> Errors { get; init; }

    public required IReadOnlyList<ScaleStream> Streams { get; init; }

    public required IReadOnlyList<ShardSpread> Spreads { get; init; }

    /// <summary>Seconds of each restart of a silo.</summary>
    public required IReadOnlyList<double> Restarts { get; init; }

    /// <summary>Kinesis records that were sent, also those that were sent again.</summary>
    public required long Entries { get; init; }

    /// <summary>Kinesis records that Kinesis throttled.</summary>
    public required long Throttled { get; init; }

    /// <summary>What AWS allows, and what was used of it.</summary>
    public required IReadOnlyList<CallRate> Quotas { get; init; }

    public required TimeSpan Simulated { get; init; }

    /// <summary>Events that happened.</summary>
    public required long Steps { get; init; }

    /// <summary>Real time.</summary>
    public required TimeSpan Took { get; init; }
}
