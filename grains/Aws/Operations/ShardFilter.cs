namespace Orleans.Kpl.Aws.Operations;

/// <summary>Selects the shards that ListShards returns (Kinesis API, ShardFilter).</summary>
/// <param name="Type">The filter's type, in Kinesis' words.</param>
/// <param name="ShardId">For AFTER_SHARD_ID.</param>
/// <param name="Timestamp">For AT_TIMESTAMP and FROM_TIMESTAMP.</param>
internal sealed record ShardFilter(string Type, string? ShardId = null, DateTimeOffset? Timestamp = null)
{
    /// <summary>The shards that are open now.</summary>
    public static readonly ShardFilter AtLatest = new("AT_LATEST");

    /// <summary>The shards that were open at the oldest record still kept.</summary>
    public static readonly ShardFilter AtTrimHorizon = new("AT_TRIM_HORIZON");

    /// <summary>All shards within the retention period, closed ones included.</summary>
    public static readonly ShardFilter FromTrimHorizon = new("FROM_TRIM_HORIZON");

    public static ShardFilter AfterShard(string shardId) => new("AFTER_SHARD_ID", ShardId: shardId);

    public static ShardFilter AtTimestamp(DateTimeOffset time) => new("AT_TIMESTAMP", Timestamp: time);

    public static ShardFilter FromTimestamp(DateTimeOffset time) => new("FROM_TIMESTAMP", Timestamp: time);
}
