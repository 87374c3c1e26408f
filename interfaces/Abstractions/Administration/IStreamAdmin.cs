namespace Orleans.Kpl;

/// <summary>
/// Looks at a stream's shards and changes them. What changes them returns when the operation is begun; it goes on by itself, one call to Kinesis
/// after the other, each told before to everybody who sends, so that no aggregate straddles a boundary that comes.
/// </summary>
/// <remarks>
/// <para>A stream is given by name or ARN. Every method throws <see cref="RecordValidationException"/> for what is neither, and
/// <see cref="StreamManagerException"/> for what cannot be done: its code is one of <see cref="StreamManagerErrorCodes"/>, or that of the call to
/// Kinesis that failed. Nothing was changed then.</para>
/// <para>Needs the right to DescribeStreamSummary, ListShards, and to SplitShard, MergeShards, UpdateShardCount and DescribeLimits for what uses them;
/// without DescribeLimits plans are made without knowing the account's quota.</para>
/// </remarks>
public interface IStreamAdmin
{
    /// <summary>The stream, its open shards, who sends for them, and their load.</summary>
    Task<StreamOverview> GetOverviewAsync(string stream, CancellationToken cancellationToken = default);

    /// <summary>Has everybody who sends read the shards from Kinesis again, and tells what there is then.</summary>
    Task<StreamOverview> RefreshAsync(string stream, CancellationToken cancellationToken = default);

    /// <summary>Begins to split a shard.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="shardId">The shard.</param>
    /// <param name="at">Where; the median of its observed load unless something else is asked for.</param>
    /// <param name="cancellationToken">Ends the waiting; what was begun goes on.</param>
    Task<StartedOperation> SplitShardAsync(string stream, string shardId, SplitPoint at = default, CancellationToken cancellationToken = default);

    /// <summary>Begins to merge two neighbours, given in either order.</summary>
    Task<StartedOperation> MergeShardsAsync(string stream, string shardId, string adjacentShardId, CancellationToken cancellationToken = default);

    /// <summary>Begins to bring the stream to a number of shards of even ranges.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="shards">How many; 1 to 100,000.</param>
    /// <param name="method">How. By our own splits and merges nothing is sent twice; UpdateShardCount is faster for many shards.</param>
    /// <param name="cancellationToken">Ends the waiting; what was begun goes on.</param>
    Task<StartedOperation> SetShardCountAsync(string stream, int shards, ReshardMethod method = ReshardMethod.Plan,
        CancellationToken cancellationToken = default);

    /// <summary>What would be done, with reasons and the resulting ranges. Changes nothing.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="shards">A number of shards; null for what the stream's policy would do now, by its settings or the default ones.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    Task<ShardPlan> PlanAsync(string stream, int? shards = null, CancellationToken cancellationToken = default);

    /// <summary>The stream's policy; one that is off where none was set.</summary>
    Task<ScalingOptions> GetPolicyAsync(string stream, CancellationToken cancellationToken = default);

    /// <summary>Sets the stream's policy: from now on it is followed, or switched off.</summary>
    /// <returns>What is in force.</returns>
    Task<ScalingOptions> SetPolicyAsync(string stream, ScalingOptions policy, CancellationToken cancellationToken = default);

    /// <summary>What was done to the stream's shards and why, latest first: the running operation and at most 100 before it.</summary>
    Task<IReadOnlyList<StreamOperation>> GetHistoryAsync(string stream, CancellationToken cancellationToken = default);

    /// <summary>One operation, running or ended.</summary>
    Task<StreamOperation> GetOperationAsync(string stream, string operationId, CancellationToken cancellationToken = default);
}
