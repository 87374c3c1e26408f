namespace Orleans.Kpl.Pipeline.Kinesis;

/// <summary>
/// The only way to change a stream's shards. One call is one attempt; every failure is a <see cref="KinesisException"/>. AWS allows an
/// account 5 SplitShard and MergeShards calls a second and 1 DescribeLimits call: callers pace themselves.
/// </summary>
internal interface IKinesisControl
{
    /// <summary>Splits a shard in two; the second child starts at the given hash key. The stream is UPDATING when the call returns.</summary>
    Task SplitShardAsync(StreamTarget stream, string shardId, UInt128 newStartingHashKey, CancellationToken cancellationToken);

    /// <summary>Merges two neighbouring shards. The stream is UPDATING when the call returns.</summary>
    Task MergeShardsAsync(StreamTarget stream, string shardId, string adjacentShardId, CancellationToken cancellationToken);

    /// <summary>Changes the stream to this many even shards (UNIFORM_SCALING). The stream is UPDATING when the call returns.</summary>
    Task UpdateShardCountAsync(StreamTarget stream, int targetShardCount, CancellationToken cancellationToken);

    /// <summary>Returns the account's quota of shards, in the region that the stream's calls go to.</summary>
    ValueTask<AccountShards> DescribeLimitsAsync(StreamTarget stream, CancellationToken cancellationToken);
}

/// <summary>The shard quota of an account in its region, as DescribeLimits reports it.</summary>
/// <param name="ShardLimit">Shards that may be open at once.</param>
/// <param name="OpenShardCount">Shards that are open.</param>
internal readonly record struct AccountShards(int ShardLimit, int OpenShardCount);
