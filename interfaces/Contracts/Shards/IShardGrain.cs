using Orleans.Runtime;

namespace Orleans.Kpl;

/// <summary>
/// Owns one shard in the whole cluster: while it is active on a silo, the engine of that shard runs there. The key is a
/// <see cref="ShardKey"/>. Its calls are short: no record ever waits inside one.
/// </summary>
[Alias("Orleans.Kpl.IShardGrain")]
internal interface IShardGrain : IGrainWithStringKey
{
    /// <summary>Where the shard lives. Activates the grain, and so opens the engine, where nobody owned the shard.</summary>
    [Alias("Locate")]
    [ResponseTimeout(ResponseTimeouts.ShortResponseTimeout)]
    Task<ShardLocation> Locate();

    /// <summary>
    /// Moves the shard to another silo, between two sends. Returns at once; the shard is there when <see cref="Locate"/> says so. It goes to where
    /// it belongs when it
    /// has closed: that may be another silo by then.
    /// </summary>
    /// <param name="target">The silo that it belongs to; one that is not active any more is ignored.</param>
    [Alias("Move")]
    [ResponseTimeout(ResponseTimeouts.ShortResponseTimeout)]
    Task Move(SiloAddress target);
}
