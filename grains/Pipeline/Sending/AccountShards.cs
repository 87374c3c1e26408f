namespace Orleans.Kpl.Pipeline.Sending;

/// <summary>What DescribeLimits tells of an account in its region.</summary>
/// <param name="ShardLimit">Shards that may be open at once.</param>
/// <param name="OpenShardCount">Shards that are open.</param>
internal readonly record struct AccountShards(int ShardLimit, int OpenShardCount);
