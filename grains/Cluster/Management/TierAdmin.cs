using Orleans.Runtime;

namespace Orleans.Kpl.Grains.Management;

/// <summary><see cref="IStreamAdmin"/> and <see cref="IBacklogAdmin"/> of the tier: each stream's manager does it, wherever it is.</summary>
internal sealed class TierAdmin(IGrainFactory grains) : IStreamAdmin, IBacklogAdmin
{
    public Task<StreamOverview> GetShardsAsync(string stream, CancellationToken cancellationToken = default) =>
        AskAsync(stream, static m => m.GetOverview(), cancellationToken);

    public async Task<StreamOverview> RefreshAsync(string stream, CancellationToken cancellationToken = default)
    {
        await AskAsync(stream, static m => m.Refresh(), cancellationToken).ConfigureAwait(false);
        return await GetShardsAsync(stream, cancellationToken).ConfigureAwait(false);
    }

    public Task<StartedOperation> SplitShardAsync(string stream, string shardId, string? at = null, CancellationToken cancellationToken = default) =>
        AskAsync(stream, m => m.SplitShard(shardId, at), cancellationToken);

    public Task<StartedOperation> MergeShardsAsync(string stream, string shardId, string adjacentShardId, CancellationToken cancellationToken = default) =>
        AskAsync(stream, m => m.MergeShards(shardId, adjacentShardId), cancellationToken);

    public Task<StartedOperation> SetShardCountAsync(string stream, int shards, ReshardMethod method = ReshardMethod.Plan, CancellationToken cancellationToken = default) =>
        AskAsync(stream, m => m.SetShardCount(shards, method), cancellationToken);

    public Task<ShardPlan> PlanAsync(string stream, int? shards = null, CancellationToken cancellationToken = default) =>
        AskAsync(stream, m => m.Plan(shards), cancellationToken);

    public Task<ScalingOptions> GetPolicyAsync(string stream, CancellationToken cancellationToken = default) =>
        AskAsync(stream, static m => m.GetPolicy(), cancellationToken);

    public Task<ScalingOptions> SetPolicyAsync(string stream, ScalingOptions policy, CancellationToken cancellationToken = default) =>
        AskAsync(stream, m => m.SetPolicy(policy), cancellationToken);

    public async Task<IReadOnlyList<StreamOperation>> GetHistoryAsync(string stream, CancellationToken cancellationToken = default) =>
        await AskAsync(stream, static m => m.GetHistory(), cancellationToken).ConfigureAwait(false);

    public Task<StreamOperation> GetOperationAsync(string stream, string operationId, CancellationToken cancellationToken = default) =>
        AskAsync(stream, m => m.GetOperation(operationId), cancellationToken);

    public Task<StreamLedger> GetLedgerAsync(string stream, CancellationToken cancellationToken = default) =>
        AskAsync(stream, static m => m.GetLedger(), cancellationToken);

    public async Task<StreamBooks> GetBooksAsync(string stream, CancellationToken cancellationToken = default)
    {
        try
        {
            return await AskAsync(stream, static m => m.GetBooks(), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not (StreamManagerException or RecordValidationException or OperationCanceledException))
        {
            // During an upgrade the manager may be on a silo that cannot read a call of that method; what else is wrong this meets too.
            return new StreamBooks { Ledger = await GetLedgerAsync(stream, cancellationToken).ConfigureAwait(false) };
        }
    }

    public Task<BacklogStatus> GetBacklogAsync(string stream, CancellationToken cancellationToken = default) =>
        AskAsync(stream, static m => m.GetBacklog(), cancellationToken);

    /// <summary>A page of the manager's is shorter where the records are large.</summary>
    public async Task<IReadOnlyList<DeadLetter>> GetDeadLettersAsync(string stream, long after = 0, int max = 100, CancellationToken cancellationToken = default)
    {
        var letters = new List<DeadLetter>();
        while (letters.Count < max)
        {
            var next = letters.Count > 0 ? letters[^1].Number : after;
            var page = await AskAsync(stream, m => m.GetDeadLetters(next, max - letters.Count), cancellationToken).ConfigureAwait(false);
            if (page.Length == 0)
                break;
            letters.AddRange(page);
        }

        return letters;
    }

    public Task<int> RequeueDeadLettersAsync(string stream, IReadOnlyCollection<long>? numbers = null, CancellationToken cancellationToken = default) =>
        AskAsync(stream, m => m.RequeueDeadLetters(numbers?.ToArray()), cancellationToken);

    public Task<int> DropDeadLettersAsync(string stream, IReadOnlyCollection<long>? numbers = null, CancellationToken cancellationToken = default) =>
        AskAsync(stream, m => m.DropDeadLetters(numbers?.ToArray()), cancellationToken);

    /// <summary>While a silo that was just lost is not yet declared dead, Orleans says so in several ways; a cancelled search for the grain is one.</summary>
    private async Task<T> AskAsync<T>(string stream, Func<IStreamManager, Task<T>> ask, CancellationToken cancellationToken)
    {
        StreamName.Check(stream);
        try
        {
            return await ask(grains.GetGrain<IStreamManager>(stream)).WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && e is OrleansException or TimeoutException or OperationCanceledException)
        {
            throw new StreamManagerException(StreamManagerErrorCodes.ManagerUnavailable,
                $"the manager of {stream} did not answer, perhaps for a silo was just lost; whether it does what was asked is not known: {e.Message}");
        }
    }
}
