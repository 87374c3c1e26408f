namespace Orleans.Kpl;

/// <summary>A hash key that carries much of a shard's load: in practice one partition key, which no split can take apart.</summary>
/// <param name="HashKey">The hash key.</param>
/// <param name="Share">What it carries at least of the shard's bytes, 0 to 1.</param>
/// <param name="PartitionKey">The partition key, where <c>LogKeys</c> is on; null otherwise.</param>
public sealed record HotKeyStatus(UInt128 HashKey, double Share, string? PartitionKey);
