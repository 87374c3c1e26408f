namespace Orleans.Kpl.Management;

/// <summary>
/// The <see cref="IStreamAdmin"/> of a tier, for its silos and its clients. It passes each request to the stream's manager, on
/// whichever silo that is.
/// </summary>
internal sealed class GrainStreamAdmin(IGrainFactory grains) : IStreamAdmin
{
    private readonly StreamManagers _managers = new(grains);

    public Task<StreamOverview> GetOverviewAsync(string stream, CancellationToken cancellationToken = default) =>
        _managers.AskAsync(stream, static m => m.GetOverview(), cancellationToken);

    public async Task<StreamOverview> RefreshAsync(string stream, CancellationToken cancellationToken = default)
    {
        await _managers.AskAsync(stream, static m => m.RefreshShards(), cancellationToken).ConfigureAwait(false);
        return await GetOverviewAsync(stream, cancellationToken).ConfigureAwait(false);
    }

    public Task<StartedOperation> SplitShardAsync(string stream, string shardId, SplitPoint at = default, CancellationToken cancellationToken = default) =>
        _managers.AskAsync(stream, m => m.SplitShard(shardId, at.ToString()), cancellationToken);

    public Task<StartedOperation> MergeShardsAsync(string stream, string shardId, string adjacentShardId, CancellationToken cancellationToken = default) =>
        _managers.AskAsync(stream, m => m.MergeShards(shardId, adjacentShardId), cancellationToken);

    public Task<StartedOperation> SetShardCountAsync(string stream, int shards, ReshardMethod method = ReshardMethod.Plan,
        CancellationToken cancellationToken = default) =>
        _managers.AskAsync(stream, m => m.SetShardCount(shards, method), cancellationToken);

    public Task<ShardPlan> PlanAsync(string stream, int? shards = null, CancellationToken cancellationToken = default) =>
        _managers.AskAsync(stream, m => m.Plan(shards), cancellationToken);

    public Task<ScalingOptions> GetPolicyAsync(string stream, CancellationToken cancellationToken = default) =>
        _managers.AskAsync(stream, static m => m.GetPolicy(), cancellationToken);

    public Task<ScalingOptions> SetPolicyAsync(string stream, ScalingOptions policy, CancellationToken cancellationToken = default) =>
        _managers.AskAsync(stream, m => m.SetPolicy(policy), cancellationToken);

    public Task<StreamCapacity> GetCapacityAsync(string stream, CancellationToken cancellationToken = default) =>
        _managers.AskAsync(stream, static m => m.GetCapacity(), cancellationToken);

    public Task<CapacityPlan> ChangeCapacityAsync(string stream, CapacityChange change, CancellationToken cancellationToken = default) =>
        _managers.AskAsync(stream, m => m.ChangeCapacity(change), cancellationToken);

    public Task<StreamLoad> GetLoadAsync(string stream, CancellationToken cancellationToken = default) =>
        _managers.AskAsync(stream, static m => m.GetLoad(), cancellationToken);

    public Task<StreamHeat> GetHeatAsync(string stream, HeatSpan span = HeatSpan.Hour, CancellationToken cancellationToken = default) =>
        _managers.AskAsync(stream, m => m.GetHeat(span), cancellationToken);

    public Task<LastNumbers> GetLastNumbersAsync(string stream, CancellationToken cancellationToken = default) =>
        _managers.AskAsync(stream, static m => m.GetLastNumbers(), cancellationToken);

    public async Task<IReadOnlyList<StreamOperation>> GetHistoryAsync(string stream, CancellationToken cancellationToken = default) =>
        await _managers.AskAsync(stream, static m => m.GetHistory(), cancellationToken).ConfigureAwait(false);

    public Task<StreamOperation> GetOperationAsync(string stream, string operationId, CancellationToken cancellationToken = default) =>
        _managers.AskAsync(stream, m => m.GetOperation(operationId), cancellationToken);

    public Task<FailedRecordPage> GetFailuresAsync(string stream, long after = 0, int max = 100, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(after);
        ArgumentOutOfRangeException.ThrowIfLessThan(max, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(max, 1_000);
        return _managers.AskAsync(stream, m => m.ListFailures(after, max), cancellationToken);
    }

    public Task<RecordExplanation> ExplainAsync(string stream, ExplainQuestion question, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(question);
        return _managers.AskAsync(stream, m => m.Explain(question.ToString()), cancellationToken);
    }
}
