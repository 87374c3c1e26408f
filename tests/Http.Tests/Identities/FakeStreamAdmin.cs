namespace Orleans.Kpl.Http.Tests.Identities;

/// <summary>Administration in which only history, policy, capacity, load and heat work; the rest does not know the shard.</summary>
internal class FakeStreamAdmin : IStreamAdmin
{
    public virtual Task<StreamOverview> GetOverviewAsync(string stream, CancellationToken cancellationToken = default) => throw Unknown();

    public Task<StreamOverview> RefreshAsync(string stream, CancellationToken cancellationToken = default) => throw Unknown();

    public Task<StartedOperation> SplitShardAsync(string stream, string shardId, SplitPoint at = default, CancellationToken cancellationToken = default) =>
        throw Unknown();

    public Task<StartedOperation> MergeShardsAsync(string stream, string shardId, string adjacentShardId, CancellationToken cancellationToken = default) =>
        throw Unknown();

    public virtual Task<StartedOperation> SetShardCountAsync(string stream, int shards, ReshardMethod method = ReshardMethod.Plan,
        CancellationToken cancellationToken = default) => throw Unknown();

    public Task<ShardPlan> PlanAsync(string stream, int? shards = null, CancellationToken cancellationToken = default) => throw Unknown();

    public Task<ScalingOptions> GetPolicyAsync(string stream, CancellationToken cancellationToken = default) => Task.FromResult(new ScalingOptions());

    public Task<ScalingOptions> SetPolicyAsync(string stream, ScalingOptions policy, CancellationToken cancellationToken = default) => Task.FromResult(policy);

    public IReadOnlyList<StreamOperation> History { get; set; } = [];

    public virtual Task<IReadOnlyList<StreamOperation>> GetHistoryAsync(string stream, CancellationToken cancellationToken = default) =>
        Task.FromResult(History);

    public virtual Task<StreamOperation> GetOperationAsync(string stream, string operationId, CancellationToken cancellationToken = default) => throw Unknown();

    public virtual Task<FailedRecordPage> GetFailuresAsync(string stream, long after = 0, int max = 100, CancellationToken cancellationToken = default) =>
        Task.FromResult(new FailedRecordPage { Next = after });

    public Task<RecordExplanation> ExplainAsync(string stream, ExplainQuestion question, CancellationToken cancellationToken = default) =>
        Task.FromResult(new RecordExplanation { Stream = stream, MapVersion = "00000000", Findings = [question.ToString()] });

    public Task<StreamCapacity> GetCapacityAsync(string stream, CancellationToken cancellationToken = default) => Task.FromResult(Capacity(stream));

    public Task<CapacityPlan> ChangeCapacityAsync(string stream, CapacityChange change, CancellationToken cancellationToken = default) =>
        Task.FromResult(new CapacityPlan
        {
            Before = Capacity(stream),
            After = Capacity(stream) with { OnDemand = change.OnDemand == true, WarmMiBPerSecond = change.WarmMiBPerSecond },
            Notes = [$"{change.For} {change.MaxRecordKiB}"],
            IsMade = !change.DryRun,
        });

    public Task<StreamLoad> GetLoadAsync(string stream, CancellationToken cancellationToken = default) =>
        Task.FromResult(new StreamLoad { Stream = stream, Arn = "arn", Hours = [new LoadSum { Minutes = 7, BilledKiB = 3 }] });

    public virtual Task<StreamHeat> GetHeatAsync(string stream, HeatSpan span = HeatSpan.Hour, CancellationToken cancellationToken = default) =>
        Task.FromResult(new StreamHeat { Stream = stream, Span = span, Rows = 128, Columns = [new HeatColumn { Minutes = 1 }], Shards = [] });

    public Task<LastNumbers> GetLastNumbersAsync(string stream, CancellationToken cancellationToken = default) => Task.FromResult(new LastNumbers());

    private static StreamCapacity Capacity(string stream) => new() { Stream = stream, Status = "ACTIVE", MaxRecordKiB = 1_024 };

    private static StreamManagerException Unknown() => new(StreamManagerErrorCodes.UnknownShard, "there is no such shard");
}
