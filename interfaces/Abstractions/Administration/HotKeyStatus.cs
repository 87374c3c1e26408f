namespace Orleans.Kpl;

/// <summary>A hash key that carries much of a shard's load: in practice one partition key, which no split can take apart.</summary>
public sealed record HotKeyStatus
{
    /// <summary>The hash key.</summary>
    public required UInt128 HashKey { get; init; }

    /// <summary>What it carries at least of the shard's bytes, 0 to 1.</summary>
    public double Share { get; init; }

    /// <summary>The partition key, where <c>LogKeys</c> is on; null otherwise.</summary>
    public string? PartitionKey { get; init; }
}
