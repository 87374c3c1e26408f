namespace Orleans.Kpl;

/// <summary>A shard as it will be.</summary>
public sealed record PlannedRange
{
    /// <summary>Its first hash key.</summary>
    public required UInt128 StartingHashKey { get; init; }

    /// <summary>Its last hash key.</summary>
    public required UInt128 EndingHashKey { get; init; }

    /// <summary>Its share of the stream's load, 0 to 1; by the width of its range where no load was observed.</summary>
    public double Share { get; init; }

    /// <summary>Its id where it is open already; null where the plan makes it.</summary>
    public string? ShardId { get; init; }
}
