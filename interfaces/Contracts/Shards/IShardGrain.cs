namespace Orleans.Kpl;

/// <summary>
/// Owns one shard in the whole cluster: while it is active on a silo, the engine of that shard runs there. The key is
/// <c>STREAM/SHARD-ID</c>. Its calls are short: no record waits inside one.
/// </summary>
[Alias("Orleans.Kpl.IShardGrain")]
internal interface IShardGrain : IGrainWithStringKey
{
    /// <summary>Returns where the shard's engine runs. If the shard has no owner, activates the grain and so opens the engine.</summary>
    [Alias("Locate"), ResponseTimeout(ResponseTimeouts.ShortResponseTimeout)]
    Task<ShardLocation> Locate();

    /// <summary>
    /// Moves the shard to another silo, between two sends. Returns at once; <see cref="Locate"/> reports when the shard has moved.
    /// When it has closed, the shard goes to the silo that it then belongs to, which may be another one.
    /// </summary>
    /// <param name="target">The silo that the shard belongs to; a silo that is no longer active is ignored.</param>
    [Alias("Move"), ResponseTimeout(ResponseTimeouts.ShortResponseTimeout)]
    Task Move(SiloAddress target);
}

/// <summary>The place of a shard's engine.</summary>
[GenerateSerializer, Immutable, Alias("Orleans.Kpl.ShardLocation")]
internal sealed record ShardLocation
{
    /// <summary>The silo.</summary>
    [Id(0)] public required SiloAddress Silo { get; init; }

    /// <summary>
    /// The shard's epoch: each later owner has a higher number, so that of two answers the higher one is right. 0 for shards without
    /// an epoch.
    /// </summary>
    [Id(1)] public long Epoch { get; init; }

    /// <summary>Whether the engine accepts records. False if the silo is about to stop: the shard is moving, and the caller asks again.</summary>
    [Id(2)] public bool IsOpen { get; init; }
}
