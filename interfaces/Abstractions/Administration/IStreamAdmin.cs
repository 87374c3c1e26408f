namespace Orleans.Kpl;

/// <summary>
/// Inspects and changes a stream's shards. A method that changes shards returns when the operation has begun; the operation then
/// continues in the background.
/// </summary>
/// <remarks>
/// <para>
/// An operation calls Kinesis one step at a time. Before each call every sender is notified, so that no aggregate straddles the
/// coming shard boundary.
/// </para>
/// <para>
/// A stream is given by name or ARN. Every method throws <see cref="RecordValidationException"/> if the text is neither, and
/// <see cref="StreamManagerException"/> if the request cannot be carried out. Its code is one of <see cref="StreamManagerErrorCodes"/>, or that of the
/// failed call to Kinesis. Then nothing was changed, except that a change without an answer may have been made: after
/// <see cref="StreamManagerErrorCodes.StateUnavailable"/> or <see cref="StreamManagerErrorCodes.ManagerUnavailable"/>, or if Kinesis did not answer.
/// Cancelling ends only the wait: a change that is on its way may still be made.
/// </para>
/// <para>
/// Needs permission for DescribeStreamSummary and ListShards, and for SplitShard, MergeShards, UpdateShardCount and
/// DescribeLimits where they are used. Without DescribeLimits, plans are made without knowing the account's quota. Changes of
/// capacity need UpdateStreamWarmThroughput, UpdateMaxRecordSize and UpdateStreamMode, and DescribeAccountSettings to tell of
/// the account.
/// </para>
/// </remarks>
public interface IStreamAdmin
{
    /// <summary>Returns the stream, its open shards, their owners and their load.</summary>
    Task<StreamOverview> GetOverviewAsync(string stream, CancellationToken cancellationToken = default);

    /// <summary>Makes every sender read the shards from Kinesis again, and returns the new overview.</summary>
    Task<StreamOverview> RefreshAsync(string stream, CancellationToken cancellationToken = default);

    /// <summary>Begins to split a shard.</summary>
    /// <param name="at">Where to split; by default at the median of the shard's observed load.</param>
    /// <param name="cancellationToken">Cancels the wait; an operation that has begun continues.</param>
    Task<StartedOperation> SplitShardAsync(string stream, string shardId, SplitPoint at = default, CancellationToken cancellationToken = default);

    /// <summary>Begins to merge two adjacent shards, given in either order.</summary>
    Task<StartedOperation> MergeShardsAsync(string stream, string shardId, string adjacentShardId, CancellationToken cancellationToken = default);

    /// <summary>Begins to bring the stream to a number of shards with even ranges.</summary>
    /// <param name="shards">The number of shards; 1 to 100,000.</param>
    /// <param name="method">
    /// How. With this library's own splits and merges no record is sent twice; UpdateShardCount is faster for many shards.
    /// </param>
    /// <param name="cancellationToken">Cancels the wait; an operation that has begun continues.</param>
    Task<StartedOperation> SetShardCountAsync(string stream, int shards, ReshardMethod method = ReshardMethod.Plan,
        CancellationToken cancellationToken = default);

    /// <summary>Returns the planned steps, with reasons and the resulting ranges. Changes nothing.</summary>
    /// <param name="shards">The number of shards; null for the change that the stream's policy, or the default policy, would make now.</param>
    Task<ShardPlan> PlanAsync(string stream, int? shards = null, CancellationToken cancellationToken = default);

    /// <summary>Returns the stream's policy; a policy with mode off if none was set.</summary>
    Task<ScalingOptions> GetPolicyAsync(string stream, CancellationToken cancellationToken = default);

    /// <summary>Sets the stream's policy. It takes effect at once.</summary>
    /// <param name="policy">
    /// The policy. One that was read has a <see cref="ScalingOptions.Version"/>, and so does not replace a policy that was set since.
    /// </param>
    /// <param name="cancellationToken">Cancels the wait; a policy that is being written may take effect.</param>
    /// <returns>The policy in force.</returns>
    Task<ScalingOptions> SetPolicyAsync(string stream, ScalingOptions policy, CancellationToken cancellationToken = default);

    /// <summary>
    /// Returns the changes of the stream's shards and their reasons, latest first: the running operation, at most 100 that ended, and at most 100
    /// decisions that were not carried out.
    /// </summary>
    Task<IReadOnlyList<StreamOperation>> GetHistoryAsync(string stream, CancellationToken cancellationToken = default);

    /// <summary>Returns one operation, running or completed.</summary>
    Task<StreamOperation> GetOperationAsync(string stream, string operationId, CancellationToken cancellationToken = default);

    /// <summary>
    /// Returns records that ended without success, oldest first, without their data. The list is bounded: an embedded producer keeps at most the last 1,000
    /// of a stream, and of more than 1,000 in one second the first ones; a tier keeps at most 10,000. Gaps in the numbers show what is missing.
    /// </summary>
    /// <param name="after">The number of the last failure that the caller already has; 0 for the first page.</param>
    /// <param name="max">The maximum number of failures; 1 to 1,000.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="after"/> or <paramref name="max"/> is out of its range.</exception>
    /// <exception cref="NotSupportedException">This implementation is older than the method.</exception>
    Task<FailedRecordPage> GetFailuresAsync(string stream, long after = 0, int max = 100, CancellationToken cancellationToken = default) =>
        Task.FromException<FailedRecordPage>(new NotSupportedException($"{GetType().Name} does not list failures."));

    /// <summary>
    /// Explains where a record goes, or why one failed: its shard, who sends for the shard and how full it is, each attempt, and what to do next.
    /// </summary>
    /// <param name="question">A failure of the list, a partition key, or a hash key.</param>
    /// <exception cref="NotSupportedException">This implementation is older than the method.</exception>
    Task<RecordExplanation> ExplainAsync(string stream, ExplainQuestion question, CancellationToken cancellationToken = default) =>
        Task.FromException<RecordExplanation>(new NotSupportedException($"{GetType().Name} does not explain records."));

    /// <summary>Reads the stream's capacity from Kinesis: mode, warm throughput, largest record, and the account's billing commitment.</summary>
    /// <exception cref="NotSupportedException">This implementation is older than the method.</exception>
    Task<StreamCapacity> GetCapacityAsync(string stream, CancellationToken cancellationToken = default) =>
        Task.FromException<StreamCapacity>(new NotSupportedException($"{GetType().Name} does not know a stream's capacity."));

    /// <summary>Changes the stream's capacity, or checks a change. Returns when Kinesis has accepted it; the history shows it.</summary>
    /// <param name="change">
    /// The change; an impossible one throws <see cref="StreamManagerException"/> with <see cref="StreamManagerErrorCodes.InvalidChange"/>.
    /// </param>
    /// <param name="cancellationToken">Cancels the wait; a change that has begun is made.</param>
    /// <exception cref="NotSupportedException">This implementation is older than the method.</exception>
    Task<CapacityPlan> ChangeCapacityAsync(string stream, CapacityChange change, CancellationToken cancellationToken = default) =>
        Task.FromException<CapacityPlan>(new NotSupportedException($"{GetType().Name} does not change a stream's capacity."));

    /// <summary>
    /// Returns the stream's load by the hour, for at most a week. A tier observes it from the stream's first record on, an embedded producer from an hour
    /// before the first call. With a DynamoDB table or a backlog folder it is kept, written once an hour. Otherwise it is lost when the process ends, or in a
    /// tier when the stream's manager is lost.
    /// </summary>
    /// <exception cref="NotSupportedException">This implementation is older than the method.</exception>
    Task<StreamLoad> GetLoadAsync(string stream, CancellationToken cancellationToken = default) =>
        Task.FromException<StreamLoad>(new NotSupportedException($"{GetType().Name} does not sum up a stream's load."));

    /// <summary>
    /// Returns a picture of the stream's load: hash keys by time. What is observed, and how long it is kept, is as for <see cref="GetLoadAsync"/>.
    /// </summary>
    /// <param name="span">The last hour by the minute, day by quarters of an hour, or week by the hour.</param>
    /// <exception cref="NotSupportedException">This implementation is older than the method.</exception>
    Task<StreamHeat> GetHeatAsync(string stream, HeatSpan span = HeatSpan.Hour, CancellationToken cancellationToken = default) =>
        Task.FromException<StreamHeat>(new NotSupportedException($"{GetType().Name} has no picture of a stream's load."));

    /// <summary>
    /// Returns the last producer numbers that were given to the stream's records. They are those of this process or tier, and of producers that ended in
    /// good order and had the same backlog folder or, in a tier, the same table. They tell a consumer whether records are missing after the last one that
    /// it read.
    /// </summary>
    /// <exception cref="NotSupportedException">This implementation is older than the method.</exception>
    Task<LastNumbers> GetLastNumbersAsync(string stream, CancellationToken cancellationToken = default) =>
        Task.FromException<LastNumbers>(new NotSupportedException($"{GetType().Name} does not know the last numbers of a stream."));
}
