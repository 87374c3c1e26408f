namespace Orleans.Kpl;

/// <summary>
/// Knows one stream for the whole tier: its shards, who changes them and why, and what failed. The key is the stream's name or ARN, as for
/// <see cref="IStreamProducer"/>.
/// </summary>
[Alias("Orleans.Kpl.IStreamManager")]
public interface IStreamManager : IGrainWithStringKey
{
    /// <summary>The open shards as the tier knows them; reads them where it does not know any yet.</summary>
    /// <exception cref="RecordValidationException">The key is neither a stream's name nor an ARN.</exception>
    /// <exception cref="StreamManagerException">Kinesis does not know the stream, or does not answer.</exception>
    [Alias("GetShards")]
    [ResponseTimeout(ResponseTimeouts.ResponseTimeout)]
    Task<StreamShards> GetShards();

    /// <summary>Reads the shards from Kinesis now, and tells the silos where they changed.</summary>
    /// <returns>The shards as they were read after this was called.</returns>
    /// <exception cref="RecordValidationException">The key is neither a stream's name nor an ARN.</exception>
    /// <exception cref="StreamManagerException">Kinesis does not know the stream, or does not answer.</exception>
    [Alias("Refresh")]
    [ResponseTimeout(ResponseTimeouts.ResponseTimeout)]
    Task<StreamShards> RefreshShards();

    /// <summary>
    /// Records that ended without success, oldest first. The list is bounded: where more failed than it holds, the oldest are left out,
    /// and the numbers show the gap.
    /// </summary>
    /// <param name="after">The number of the last failure that is known already; 0 for the first page.</param>
    /// <param name="max">Failures at most; 1 to 1,000. A page is shorter where the records are large.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="max"/> is out of its range.</exception>
    [Alias("GetFailures")]
    Task<FailurePage> GetFailures(long after = 0, int max = 100);

    /// <summary>The stream, its open shards, the silos that send for them, and their load: see <see cref="IStreamAdmin.GetOverviewAsync"/>.</summary>
    /// <exception cref="StreamManagerException">It cannot be done; so for all methods below, with a code of <see cref="StreamManagerErrorCodes"/> or Kinesis' own.</exception>
    [Alias("GetOverview")]
    [ResponseTimeout(ResponseTimeouts.ResponseTimeout)]
    Task<StreamOverview> GetOverview();

    /// <summary>Begins to split a shard: see <see cref="IStreamAdmin.SplitShardAsync"/>.</summary>
    /// <param name="shardId">The shard.</param>
    /// <param name="at">The text of a <see cref="SplitPoint"/>; null for the median of the shard's load.</param>
    [Alias("SplitShard")]
    [ResponseTimeout(ResponseTimeouts.ResponseTimeout)]
    Task<StartedOperation> SplitShard(string shardId, string? at = null);

    /// <summary>Begins to merge two neighbours: see <see cref="IStreamAdmin.MergeShardsAsync"/>.</summary>
    [Alias("MergeShards")]
    [ResponseTimeout(ResponseTimeouts.ResponseTimeout)]
    Task<StartedOperation> MergeShards(string shardId, string adjacentShardId);

    /// <summary>Begins to bring the stream to a number of shards: see <see cref="IStreamAdmin.SetShardCountAsync"/>.</summary>
    [Alias("SetShardCount")]
    [ResponseTimeout(ResponseTimeouts.ResponseTimeout)]
    Task<StartedOperation> SetShardCount(int shards, ReshardMethod method = ReshardMethod.Plan);

    /// <summary>What would be done: see <see cref="IStreamAdmin.PlanAsync"/>.</summary>
    [Alias("Plan")]
    [ResponseTimeout(ResponseTimeouts.ResponseTimeout)]
    Task<ShardPlan> Plan(int? shards = null);

    /// <summary>The stream's policy; one that is off where none was set.</summary>
    [Alias("GetPolicy")]
    [ResponseTimeout(ResponseTimeouts.ResponseTimeout)]
    Task<ScalingOptions> GetPolicy();

    /// <summary>Sets the stream's policy: from now on it is followed, or switched off.</summary>
    [Alias("SetPolicy")]
    [ResponseTimeout(ResponseTimeouts.ResponseTimeout)]
    Task<ScalingOptions> SetPolicy(ScalingOptions policy);

    /// <summary>What was done to the stream's shards and why, latest first.</summary>
    [Alias("GetHistory")]
    [ResponseTimeout(ResponseTimeouts.ResponseTimeout)]
    Task<StreamOperation[]> GetHistory();

    /// <summary>One operation, running or ended.</summary>
    [Alias("GetOperation")]
    [ResponseTimeout(ResponseTimeouts.ResponseTimeout)]
    Task<StreamOperation> GetOperation(string operationId);

    /// <summary>What became of the stream's records: the sum over the live silos and the logs that they took over.</summary>
    [Alias("GetLedger")]
    [ResponseTimeout(ResponseTimeouts.ResponseTimeout)]
    Task<StreamLedger> GetLedger();

    /// <summary>
    /// What became of the stream's records, and the silos whose counts it is the sum of: see <see cref="IBacklogAdmin.GetLedgerReportAsync"/>. From
    /// contract version 3 on.
    /// </summary>
    [Alias("GetBooks")]
    [ResponseTimeout(ResponseTimeouts.ResponseTimeout)]
    Task<StreamBooks> GetLedgerReport();

    /// <summary>What waits in the durable backlog, summed likewise; all zero where there is none.</summary>
    [Alias("GetBacklog")]
    [ResponseTimeout(ResponseTimeouts.ResponseTimeout)]
    Task<BacklogStatus> GetBacklog();

    /// <summary>Records that were set aside, oldest first.</summary>
    /// <param name="after">Only those with a higher number; 0 for all.</param>
    /// <param name="max">At most so many, 1 to 1,000. A page is shorter where the records are large.</param>
    [Alias("GetDeadLetters")]
    [ResponseTimeout(ResponseTimeouts.ResponseTimeout)]
    Task<DeadLetter[]> GetDeadLetters(long after = 0, int max = 100);

    /// <summary>Puts records that were set aside into the backlog again: see <see cref="IBacklogAdmin.RequeueDeadLettersAsync"/>.</summary>
    [Alias("RequeueDeadLetters")]
    [ResponseTimeout(ResponseTimeouts.ResponseTimeout)]
    Task<int> RequeueDeadLetters(long[]? numbers = null);

    /// <summary>Gives records up that were set aside: see <see cref="IBacklogAdmin.DropDeadLettersAsync"/>.</summary>
    [Alias("DropDeadLetters")]
    [ResponseTimeout(ResponseTimeouts.ResponseTimeout)]
    Task<int> DropDeadLetters(long[]? numbers = null);
}
