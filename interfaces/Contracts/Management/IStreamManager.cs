namespace Orleans.Kpl;

/// <summary>
/// Manages one stream for the whole tier: its shards, changes of them and their reasons, and its failures. The key is the stream's
/// name or ARN, as for <see cref="IStreamProducer"/>.
/// </summary>
[Alias("Orleans.Kpl.IStreamManager")]
public interface IStreamManager : IGrainWithStringKey
{
    /// <summary>Returns the open shards as the tier knows them; reads them from Kinesis if the tier does not know them yet.</summary>
    /// <exception cref="RecordValidationException">The key is neither a stream's name nor an ARN.</exception>
    /// <exception cref="StreamManagerException">Kinesis does not know the stream, or does not respond.</exception>
    [Alias("GetShards"), ResponseTimeout(ResponseTimeouts.ResponseTimeout)]
    Task<StreamShards> GetShards();

    /// <summary>Reads the shards from Kinesis now, and notifies all silos: one may have missed an earlier change.</summary>
    /// <returns>The shards, read after this call began.</returns>
    /// <exception cref="RecordValidationException">The key is neither a stream's name nor an ARN.</exception>
    /// <exception cref="StreamManagerException">Kinesis does not know the stream, or does not respond.</exception>
    [Alias("Refresh"), ResponseTimeout(ResponseTimeouts.ResponseTimeout)]
    Task<StreamShards> RefreshShards();

    /// <summary>
    /// Returns records that ended without success, oldest first. The list is bounded: if more records failed than it holds, the
    /// oldest are dropped, and the numbers show the gap.
    /// </summary>
    /// <param name="after">The number of the last failure that the caller already has; 0 for the first page.</param>
    /// <param name="max">The maximum number of failures; 1 to 1,000. A page is shorter if the records are large.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="after"/> or <paramref name="max"/> is out of its range.</exception>
    [Alias("GetFailures")]
    Task<FailurePage> GetFailures(long after = 0, int max = 100);

    /// <summary>Returns records that ended without success, without their data: see <see cref="IStreamAdmin.GetFailuresAsync"/>.</summary>
    /// <param name="after">The number of the last failure that the caller already has; 0 for the first page.</param>
    /// <param name="max">The maximum number of failures; 1 to 1,000. A page is shorter if the records are large.</param>
    [Alias("ListFailures"), ResponseTimeout(ResponseTimeouts.ResponseTimeout)]
    Task<FailedRecordPage> ListFailures(long after = 0, int max = 100);

    /// <summary>Explains a failure or a key: see <see cref="IStreamAdmin.ExplainAsync"/>.</summary>
    /// <param name="question">The text of an <see cref="ExplainQuestion"/>.</param>
    [Alias("Explain"), ResponseTimeout(ResponseTimeouts.ResponseTimeout)]
    Task<RecordExplanation> Explain(string question);

    /// <summary>Returns the stream, its open shards, their owners and their load: see <see cref="IStreamAdmin.GetOverviewAsync"/>.</summary>
    /// <exception cref="StreamManagerException">
    /// The request cannot be carried out. This applies to all methods below, with a code of <see cref="StreamManagerErrorCodes"/> or Kinesis' own.
    /// </exception>
    [Alias("GetOverview"), ResponseTimeout(ResponseTimeouts.ResponseTimeout)]
    Task<StreamOverview> GetOverview();

    /// <summary>Begins to split a shard: see <see cref="IStreamAdmin.SplitShardAsync"/>.</summary>
    /// <param name="at">The text of a <see cref="SplitPoint"/>; null for the median of the shard's load.</param>
    [Alias("SplitShard"), ResponseTimeout(ResponseTimeouts.ResponseTimeout)]
    Task<StartedOperation> SplitShard(string shardId, string? at = null);

    /// <summary>Begins to merge two adjacent shards: see <see cref="IStreamAdmin.MergeShardsAsync"/>.</summary>
    [Alias("MergeShards"), ResponseTimeout(ResponseTimeouts.ResponseTimeout)]
    Task<StartedOperation> MergeShards(string shardId, string adjacentShardId);

    /// <summary>Begins to bring the stream to a number of shards: see <see cref="IStreamAdmin.SetShardCountAsync"/>.</summary>
    [Alias("SetShardCount"), ResponseTimeout(ResponseTimeouts.ResponseTimeout)]
    Task<StartedOperation> SetShardCount(int shards, ReshardMethod method = ReshardMethod.Plan);

    /// <summary>Returns the planned steps: see <see cref="IStreamAdmin.PlanAsync"/>.</summary>
    [Alias("Plan"), ResponseTimeout(ResponseTimeouts.ResponseTimeout)]
    Task<ShardPlan> Plan(int? shards = null);

    /// <summary>Returns the stream's policy; a policy with mode off if none was set.</summary>
    [Alias("GetPolicy"), ResponseTimeout(ResponseTimeouts.ResponseTimeout)]
    Task<ScalingOptions> GetPolicy();

    /// <summary>Sets the stream's policy. It takes effect at once: see <see cref="IStreamAdmin.SetPolicyAsync"/>.</summary>
    [Alias("SetPolicy"), ResponseTimeout(ResponseTimeouts.ResponseTimeout)]
    Task<ScalingOptions> SetPolicy(ScalingOptions policy);

    /// <summary>Reads the stream's capacity: see <see cref="IStreamAdmin.GetCapacityAsync"/>.</summary>
    [Alias("GetCapacity"), ResponseTimeout(ResponseTimeouts.ResponseTimeout)]
    Task<StreamCapacity> GetCapacity();

    /// <summary>Changes the stream's capacity: see <see cref="IStreamAdmin.ChangeCapacityAsync"/>.</summary>
    [Alias("ChangeCapacity"), ResponseTimeout(ResponseTimeouts.ResponseTimeout)]
    Task<CapacityPlan> ChangeCapacity(CapacityChange change);

    /// <summary>Returns the stream's load by the hour: see <see cref="IStreamAdmin.GetLoadAsync"/>.</summary>
    [Alias("GetLoad"), ResponseTimeout(ResponseTimeouts.ResponseTimeout)]
    Task<StreamLoad> GetLoad();

    /// <summary>Returns a picture of the stream's load: see <see cref="IStreamAdmin.GetHeatAsync"/>.</summary>
    [Alias("GetHeat"), ResponseTimeout(ResponseTimeouts.ResponseTimeout)]
    Task<StreamHeat> GetHeat(HeatSpan span = HeatSpan.Hour);

    /// <summary>Returns how far numbers were given: see <see cref="IStreamAdmin.GetLastNumbersAsync"/>.</summary>
    [Alias("GetLastNumbers"), ResponseTimeout(ResponseTimeouts.ResponseTimeout)]
    Task<LastNumbers> GetLastNumbers();

    /// <summary>Returns the changes of the stream's shards and their reasons, latest first.</summary>
    [Alias("GetHistory"), ResponseTimeout(ResponseTimeouts.ResponseTimeout)]
    Task<StreamOperation[]> GetHistory();

    /// <summary>Returns one operation, running or completed.</summary>
    [Alias("GetOperation"), ResponseTimeout(ResponseTimeouts.ResponseTimeout)]
    Task<StreamOperation> GetOperation(string operationId);

    /// <summary>Returns the stream's ledger: the sum over the live silos and the logs that they took over.</summary>
    [Alias("GetLedger"), ResponseTimeout(ResponseTimeouts.ResponseTimeout)]
    Task<StreamLedger> GetLedger();

    /// <summary>Returns the stream's ledger and the silos that it sums up: see <see cref="IBacklogAdmin.GetLedgerReportAsync"/>.</summary>
    [Alias("GetBooks"), ResponseTimeout(ResponseTimeouts.ResponseTimeout)]
    Task<StreamBooks> GetLedgerReport();

    /// <summary>Returns the state of the durable backlog, summed in the same way; all zero when there is none.</summary>
    [Alias("GetBacklog"), ResponseTimeout(ResponseTimeouts.ResponseTimeout)]
    Task<BacklogStatus> GetBacklog();

    /// <summary>Returns dead letters, oldest first.</summary>
    /// <param name="after">Returns only dead letters with a higher number; 0 for all.</param>
    /// <param name="max">The maximum number to return; 1 to 1,000. A page is shorter if the records are large.</param>
    [Alias("GetDeadLetters"), ResponseTimeout(ResponseTimeouts.ResponseTimeout)]
    Task<DeadLetter[]> GetDeadLetters(long after = 0, int max = 100);

    /// <summary>Puts dead letters back into the backlog: see <see cref="IBacklogAdmin.RequeueDeadLettersAsync"/>.</summary>
    [Alias("RequeueDeadLetters"), ResponseTimeout(ResponseTimeouts.ResponseTimeout)]
    Task<int> RequeueDeadLetters(long[]? numbers = null);

    /// <summary>Discards dead letters: see <see cref="IBacklogAdmin.DropDeadLettersAsync"/>.</summary>
    [Alias("DropDeadLetters"), ResponseTimeout(ResponseTimeouts.ResponseTimeout)]
    Task<int> DropDeadLetters(long[]? numbers = null);
}
