using Orleans.Runtime;

namespace Orleans.Kpl.Grains.Management;

/// <summary><see cref="IStreamAdmin"/> and <see cref="IBacklogAdmin"/> of the tier: each stream's manager does it, wherever it is.</summary>
internal sealed class TierAdmin(IGrainFactory grains) : IStreamAdmin, IBacklogAdmin
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

    public Task<StreamLedger> GetLedgerAsync(string stream, CancellationToken cancellationToken = default) => Of(stream).GetLedger().WaitAsync(cancellationToken);

    public async Task<StreamBooks> GetBooksAsync(string stream, CancellationToken cancellationToken = default)
    {
        var manager = Of(stream);
        try
        {
            return await manager.GetBooks().WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not (StreamManagerException or RecordValidationException or OrleansException or OperationCanceledException or TimeoutException))
        {
            // During an upgrade the manager may be on a silo that cannot read a call of that method; what else is wrong this meets too.
            return new StreamBooks { Ledger = await manager.GetLedger().WaitAsync(cancellationToken).ConfigureAwait(false) };
        }
    }

    public Task<BacklogStatus> GetBacklogAsync(string stream, CancellationToken cancellationToken = default) => Of(stream).GetBacklog().WaitAsync(cancellationToken);

    /// <summary>A page of the manager's is shorter where the records are large.</summary>
    public async Task<IReadOnlyList<DeadLetter>> GetDeadLettersAsync(string stream, long after = 0, int max = 100, CancellationToken cancellationToken = default)
    {
        var manager = Of(stream);
        var letters = new List<DeadLetter>();
        while (letters.Count < max)
        {
            var page = await manager.GetDeadLetters(letters.Count > 0 ? letters[^1].Number : after, max - letters.Count).WaitAsync(cancellationToken).ConfigureAwait(false);
            if (page.Length == 0)
                break;
            letters.AddRange(page);
        }

        return letters;
    }

    public Task<int> RequeueDeadLettersAsync(string stream, IReadOnlyCollection<long>? numbers = null, CancellationToken cancellationToken = default) =>
        Of(stream).RequeueDeadLetters(numbers?.ToArray()).WaitAsync(cancellationToken);

    public Task<int> DropDeadLettersAsync(string stream, IReadOnlyCollection<long>? numbers = null, CancellationToken cancellationToken = default) =>
        Of(stream).DropDeadLetters(numbers?.ToArray()).WaitAsync(cancellationToken);

    private IStreamManager Of(string stream)
    {
        StreamName.Check(stream);
        return grains.GetGrain<IStreamManager>(stream);
    }
}
