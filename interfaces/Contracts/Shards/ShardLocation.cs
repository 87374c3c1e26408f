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
    /// Which owner of the shard this is: each later one has a higher number, so that of two answers the higher is right. 0 for
    /// shards that take no epoch.
    /// </summary>
    [Id(1)]
    public long Epoch { get; init; }

    /// <summary>Whether the engine takes records; false where the silo is about to stop: the shard is on its way elsewhere, and it is asked again.</summary>
    [Id(2)]
    public bool IsOpen { get; init; }
}
