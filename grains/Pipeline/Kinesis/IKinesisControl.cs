namespace Orleans.Kpl.Pipeline.Kinesis;

/// <summary>
/// The only way to change a stream's shards and its capacity. One call is one attempt; every failure is a <see cref="KinesisException"/>. AWS allows an
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

    /// <inheritdoc cref="IKinesisGateway.DescribeStreamSummaryAsync"/>
    ValueTask<StreamSummary> DescribeStreamSummaryAsync(StreamTarget stream, CancellationToken cancellationToken);

    /// <summary>
    /// Returns the status of the account's minimum throughput billing commitment: ENABLED, DISABLED or ENABLED_UNTIL_EARLIEST_ALLOWED_END. AWS allows an
    /// account 5 calls a second (API reference, "DescribeAccountSettings").
    /// </summary>
    ValueTask<string?> DescribeCommitmentAsync(StreamTarget stream, CancellationToken cancellationToken);

    /// <summary>Changes a stream's capacity. After a change of mode or warm throughput the stream is UPDATING for some minutes.</summary>
    /// <param name="streamArn">The stream's ARN: UpdateMaxRecordSize and UpdateStreamMode take no name (AWS: API reference).</param>
    Task ChangeCapacityAsync(StreamTarget stream, string streamArn, CapacityCall call, CancellationToken cancellationToken);
}

/// <summary>The shard quota of an account in its region, as DescribeLimits reports it.</summary>
/// <param name="ShardLimit">Shards that may be open at once.</param>
internal readonly record struct AccountShards(int ShardLimit, int OpenShardCount);

/// <summary>A call that changes a stream's capacity.</summary>
internal abstract record CapacityCall
{
    /// <summary>UpdateStreamWarmThroughput: an on-demand stream is kept ready for this many MiB/s of writes; 5 calls a second of an account.</summary>
    public sealed record Warm(int MiBPerSecond) : CapacityCall;

    /// <summary>UpdateMaxRecordSize: a record has so many KiB at most, 1,024 to 10,240.</summary>
    public sealed record MaxRecord(int KiB) : CapacityCall;

    /// <summary>UpdateStreamMode: on-demand or provisioned; twice in 24 hours for a stream (AWS: "Update a stream").</summary>
    public sealed record Mode(bool OnDemand) : CapacityCall;
}

/// <summary>Makes the targets of streams.</summary>
internal static class StreamTargets
{
    extension(StreamTarget)
    {
        /// <summary>Creates the target of a stream from its settings.</summary>
        public static StreamTarget Of(string stream, StreamOptions settings) =>
            new(stream, settings.RoleArn, settings.RequestTimeout, settings.Ordered != OrderedMode.Off, settings.WireFormat)
            {
                RoleExternalId = settings.RoleExternalId,
                RoleSessionName = settings.RoleSessionName,
                Credentials = settings.Credentials,
            };
    }
}
