using Microsoft.Extensions.Logging;
using Orleans.Kpl.Scaling.Running;

namespace Orleans.Kpl.Grains.Management;

/// <summary>What changes shards is done by <see cref="StreamAdministrator"/>, on the thread pool; here it is only reached.</summary>
internal sealed partial class StreamManagerGrain
{
    private StreamAdministrator? _admin;

    private StreamAdministrator Admin => _admin ??= _admins.Create(Stream);

    /// <summary>What was left under way goes on: who made this grain active need not have asked for it.</summary>
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _ = ResumeAsync();
        return Task.CompletedTask;
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        if (_admin is not null)
            await _admin.DisposeAsync();
        await _letters.DisposeAsync();
    }

    public Task Wake() => ResumeAsync();

    public async Task<StreamOverview> GetOverview() => await OtherAsync() is { } other ? await other.GetOverview() : await Admin.GetShardsAsync(CancellationToken.None);

    public async Task<StartedOperation> SplitShard(string shardId, string? at = null)
    {
        ArgumentNullException.ThrowIfNull(shardId);
        return await OtherAsync() is { } other ? await other.SplitShard(shardId, at) : await Admin.SplitAsync(shardId, SplitPoint.Parse(at), CancellationToken.None);
    }

    public async Task<StartedOperation> MergeShards(string shardId, string adjacentShardId)
    {
        ArgumentNullException.ThrowIfNull(shardId);
        ArgumentNullException.ThrowIfNull(adjacentShardId);
        return await OtherAsync() is { } other ? await other.MergeShards(shardId, adjacentShardId) : await Admin.MergeAsync(shardId, adjacentShardId, CancellationToken.None);
    }

    public async Task<StartedOperation> SetShardCount(int shards, ReshardMethod method = ReshardMethod.Plan) =>
        await OtherAsync() is { } other ? await other.SetShardCount(shards, method) : await Admin.ScaleAsync(shards, method, CancellationToken.None);

    public async Task<ShardPlan> Plan(int? shards = null) => await OtherAsync() is { } other ? await other.Plan(shards) : await Admin.PlanAsync(shards, CancellationToken.None);

    public async Task<ScalingOptions> GetPolicy() => await OtherAsync() is { } other ? await other.GetPolicy() : await Admin.GetPolicyAsync(CancellationToken.None);

    public async Task<ScalingOptions> SetPolicy(ScalingOptions policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return await OtherAsync() is { } other ? await other.SetPolicy(policy) : await Admin.SetPolicyAsync(policy with { }, CancellationToken.None);
    }

    public async Task<StreamOperation[]> GetHistory() =>
        await OtherAsync() is { } other ? await other.GetHistory() : [.. await Admin.GetHistoryAsync(CancellationToken.None)];

    public async Task<StreamOperation> GetOperation(string operationId) =>
        await OtherAsync() is { } other ? await other.GetOperation(operationId) : await Admin.GetOperationAsync(operationId, CancellationToken.None);

    private async Task ResumeAsync()
    {
        try
        {
            // Under another spelling this is a grain that only passes on.
            if (await OtherAsync() is null)
                await Admin.ResumeAsync();
        }
        catch (Exception e)
        {
            LogNotResumed(e, Stream);
        }
    }

    [LoggerMessage(68, LogLevel.Warning, "What was under way for the shards of {Stream} does not go on yet; it is tried again in a minute")]
    private partial void LogNotResumed(Exception error, string stream);
}
