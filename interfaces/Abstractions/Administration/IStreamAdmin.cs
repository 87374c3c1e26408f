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
/// <see cref="StreamManagerException"/> if the request cannot be carried out. Its code is one of
/// <see cref="StreamManagerErrorCodes"/>, or that of the failed call to Kinesis. Then nothing was changed, except that a change whose
/// answer is missing may have been made: after <see cref="StreamManagerErrorCodes.StateUnavailable"/>, or where Kinesis was silent.
/// A cancellation ends the wait alone: a change that is on its way may be made.
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
    /// One that was read keeps its <see cref="ScalingOptions.Version"/>, and so replaces no policy that another caller has set since.
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
    /// Returns records that ended without success, oldest first, without their data. The list is bounded: an embedded producer keeps its last
    /// 1,000 of a stream, and of more than 1,000 in one second the first ones; a tier keeps 10,000. Numbers show the gaps.
    /// </summary>
    /// <param name="after">The number of the last failure that the caller already has; 0 for the first page.</param>
    /// <param name="max">The maximum number of failures; 1 to 1,000.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="after"/> or <paramref name="max"/> is out of its range.</exception>
    /// <exception cref="NotSupportedException">This implementation is older than the method.</exception>
    Task<FailedRecordPage> GetFailuresAsync(string stream, long after = 0, int max = 100, CancellationToken cancellationToken = default) =>
        Task.FromException<FailedRecordPage>(new NotSupportedException($"{GetType().Name} does not list failures."));

    /// <summary>Explains where a record goes, or why one failed: its shard and who sends for it, how full that is, each attempt, and what to do next.</summary>
    /// <param name="question">A failure of the list, a partition key, or a hash key.</param>
    /// <exception cref="NotSupportedException">This implementation is older than the method.</exception>
    Task<RecordExplanation> ExplainAsync(string stream, ExplainQuestion question, CancellationToken cancellationToken = default) =>
        Task.FromException<RecordExplanation>(new NotSupportedException($"{GetType().Name} does not explain records."));

    /// <summary>Reads the stream's capacity from Kinesis: mode, warm throughput, largest record, and the account's billing commitment.</summary>
    /// <exception cref="NotSupportedException">This implementation is older than the method.</exception>
    Task<StreamCapacity> GetCapacityAsync(string stream, CancellationToken cancellationToken = default) =>
        Task.FromException<StreamCapacity>(new NotSupportedException($"{GetType().Name} does not know a stream's capacity."));

    /// <summary>Changes the stream's capacity, or checks a change. Returns when Kinesis has accepted it; the history tells of it.</summary>
    /// <param name="change">One change. One that is not possible throws with <see cref="StreamManagerErrorCodes.InvalidChange"/>.</param>
    /// <param name="cancellationToken">Cancels the wait; a change that has begun is made.</param>
    /// <exception cref="NotSupportedException">This implementation is older than the method.</exception>
    Task<CapacityPlan> ChangeCapacityAsync(string stream, CapacityChange change, CancellationToken cancellationToken = default) =>
        Task.FromException<CapacityPlan>(new NotSupportedException($"{GetType().Name} does not change a stream's capacity."));

    /// <summary>
    /// Returns the stream's load by the hour, for a week at most. A tier sees it from the stream's first record on, until its manager is lost; an
    /// embedded producer from an hour before the first question on.
    /// </summary>
    /// <exception cref="NotSupportedException">This implementation is older than the method.</exception>
    Task<StreamLoad> GetLoadAsync(string stream, CancellationToken cancellationToken = default) =>
        Task.FromException<StreamLoad>(new NotSupportedException($"{GetType().Name} does not sum up a stream's load."));

    /// <summary>
    /// Returns a picture of the stream's load: hash keys by time. A tier sees it from the stream's first record on, until its manager is lost, and then
    /// an hour back; an embedded producer from an hour before the first question on.
    /// </summary>
    /// <param name="span">The last hour by the minute, day by quarters of an hour, or week by the hour.</param>
    /// <exception cref="NotSupportedException">This implementation is older than the method.</exception>
    Task<StreamHeat> GetHeatAsync(string stream, HeatSpan span = HeatSpan.Hour, CancellationToken cancellationToken = default) =>
        Task.FromException<StreamHeat>(new NotSupportedException($"{GetType().Name} has no picture of a stream's load."));

    /// <summary>
    /// Returns how far producers have given the numbers of the stream's records: those of this process or tier, and those that ended in good order and
    /// had the same backlog folder or, in a tier, the same table. So what came after the last record that was read is known too.
    /// </summary>
    /// <exception cref="NotSupportedException">This implementation is older than the method.</exception>
    Task<LastNumbers> GetLastNumbersAsync(string stream, CancellationToken cancellationToken = default) =>
        Task.FromException<LastNumbers>(new NotSupportedException($"{GetType().Name} does not know the last numbers of a stream."));
}
