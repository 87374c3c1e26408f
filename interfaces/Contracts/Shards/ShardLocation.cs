using Orleans.Runtime;

namespace Orleans.Kpl;

/// <summary>Where a shard's engine runs.</summary>
[GenerateSerializer]
[Immutable]
[Alias("Orleans.Kpl.ShardLocation")]
internal sealed record ShardLocation
{
    /// <summary>The silo.</summary>
    [Id(0)]
    public required SiloAddress Silo { get; init; }

    /// <summary>
    /// The shard's epoch: each later owner has a higher number, so that of two answers the higher one is right. 0 for shards without
    /// an epoch.
    /// </summary>
    [Id(1)]
    public long Epoch { get; init; }

    /// <summary>Whether the engine accepts records. False if the silo is about to stop: the shard is moving, and the caller asks again.</summary>
    [Id(2)]
    public bool IsOpen { get; init; }
}
