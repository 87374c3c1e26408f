namespace Orleans.Kpl.Grains.Management;

/// <summary><see cref="IStreamAdmin"/> of the tier: each stream's manager does it, wherever it is.</summary>
internal sealed class TierAdmin(IGrainFactory grains) : IStreamAdmin
{
    public Task<StreamOverview> GetShardsAsync(string stream, CancellationToken cancellationToken = default) => Of(stream).GetOverview().WaitAsync(cancellationToken);

    public async Task<StreamOverview> RefreshAsync(string stream, CancellationToken cancellationToken = default)
    {
        var manager = Of(stream);
        await manager.Refresh().WaitAsync(cancellationToken).ConfigureAwait(false);
        return await manager.GetOverview().WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    public Task<StartedOperation> SplitShardAsync(string stream, string shardId, string? at = null, CancellationToken cancellationToken = default) =>
        Of(stream).SplitShard(shardId, at).WaitAsync(cancellationToken);

    public Task<StartedOperation> MergeShardsAsync(string stream, string shardId, string adjacentShardId, CancellationToken cancellationToken = default) =>
        Of(stream).MergeShards(shardId, adjacentShardId).WaitAsync(cancellationToken);

    public Task<StartedOperation> SetShardCountAsync(string stream, int shards, ReshardMethod method = ReshardMethod.Plan, CancellationToken cancellationToken = default) =>
        Of(stream).SetShardCount(shards, method).WaitAsync(cancellationToken);

    public Task<ShardPlan> PlanAsync(string stream, int? shards = null, CancellationToken cancellationToken = default) => Of(stream).Plan(shards).WaitAsync(cancellationToken);

    public Task<ScalingOptions> GetPolicyAsync(string stream, CancellationToken cancellationToken = default) => Of(stream).GetPolicy().WaitAsync(cancellationToken);

    public Task<ScalingOptions> SetPolicyAsync(string stream, ScalingOptions policy, CancellationToken cancellationToken = default) =>
        Of(stream).SetPolicy(policy).WaitAsync(cancellationToken);

    public async Task<IReadOnlyList<StreamOperation>> GetHistoryAsync(string stream, CancellationToken cancellationToken = default) =>
        await Of(stream).GetHistory().WaitAsync(cancellationToken).ConfigureAwait(false);

    public Task<StreamOperation> GetOperationAsync(string stream, string operationId, CancellationToken cancellationToken = default) =>
        Of(stream).GetOperation(operationId).WaitAsync(cancellationToken);

    private IStreamManager Of(string stream)
    {
        StreamName.Check(stream);
        return grains.GetGrain<IStreamManager>(stream);
    }
}
