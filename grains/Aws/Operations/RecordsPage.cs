namespace Orleans.Kpl.Aws.Operations;

/// <summary>One answer of GetRecords. It may be empty although more records follow.</summary>
/// <param name="Records">The records, in order.</param>
/// <param name="NextShardIterator">The iterator for the next read, valid for five minutes; null at the end of a closed shard.</param>
/// <param name="MillisBehindLatest">How far behind the newest record this answer is; null when the service does not report it.</param>
/// <param name="ChildShards">The shards that follow, at the end of a closed shard.</param>
internal sealed record RecordsPage(
    IReadOnlyList<ConsumedRecord> Records, string? NextShardIterator, long? MillisBehindLatest, IReadOnlyList<ChildShard> ChildShards);

/// <summary>A record as GetRecords returns it: a user record's own bytes, or an aggregate.</summary>
/// <param name="SequenceNumber">Its number in its shard.</param>
/// <param name="PartitionKey">The partition key it was put with.</param>
/// <param name="ApproximateArrivalTimestamp">When Kinesis accepted the record, to the millisecond.</param>
internal sealed record ConsumedRecord(string SequenceNumber, string PartitionKey, byte[] Data, DateTimeOffset ApproximateArrivalTimestamp);

/// <summary>A shard that takes over from the closed one whose end was read.</summary>
internal sealed record ChildShard(string ShardId, IReadOnlyList<string> ParentShards, UInt128 StartingHashKey, UInt128 EndingHashKey);
