namespace Orleans.Kpl.Aws.Operations;

/// <summary>One answer of GetRecords. It may be empty though more follows.</summary>
/// <param name="Records">The records, in order.</param>
/// <param name="NextShardIterator">Where reading goes on, for five minutes; null at the end of a closed shard.</param>
/// <param name="MillisBehindLatest">How far behind the newest record this answer is; null where the service does not say.</param>
/// <param name="ChildShards">The shards that follow, at the end of a closed shard.</param>
internal sealed record RecordsPage(
    IReadOnlyList<KinesisRecord> Records, string? NextShardIterator, long? MillisBehindLatest, IReadOnlyList<ChildShard> ChildShards);
