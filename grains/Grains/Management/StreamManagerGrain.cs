using Orleans.Concurrency;
using Orleans.Kpl.Management;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Scaling.Running;
using Orleans.Kpl.Silos;
using Orleans.Kpl.Silos.Links;
using Orleans.Kpl.Silos.Management;
using Orleans.Placement;
using Orleans.Runtime.Placement;

namespace Orleans.Kpl.Grains.Management;

/// <summary>
/// Makes a <see cref="StreamManager"/> the only one of its stream in the cluster, and reachable under any name of the stream. It only hands
/// calls over. It ends an hour after its last call, since anybody who may put can name streams that do not exist: what there is, is asked for all the time.
/// </summary>
[GrainType("kpl-manager"), Reentrant, Immovable, CollectionAgeLimit(Hours = 1)]
internal sealed class StreamManagerGrain : Grain, IStreamManager, IShardMapSource
{
    private const int MaxPage = 1_000;

    /// <summary>A stream that nobody uses over a weekend still has its failures, and its load where no store keeps it.</summary>
    private static readonly TimeSpan KeptUnused = TimeSpan.FromDays(3);

    private readonly SiloNode _node;
    private readonly StreamManager _manager;

    public StreamManagerGrain(SiloNode node) => (_node, _manager) = (node, node.NewManager(Stream, DeactivateOnIdle, MoveTo));

    private string Stream => this.GetPrimaryKeyString();

    private StreamAdministrator Admin => _manager.Admin;

    /// <summary>Continues operations that were left under way: the call that activated this grain may have been for something else.</summary>
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _ = _manager.ResumeAsync();
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => _manager.EndAsync();

    // The calls of silos, which use the stream's canonical name.
    public async Task<ShardListing> ListShards(MapVersion? known)
    {
        var shards = await _manager.Readings.OpenAsync().ListedAsync();
        if (shards.Error is null)
            DelayDeactivation(KeptUnused);
        return shards;
    }

    public Task<ShardListing> ListClosedShards() => _manager.Readings.ClosedAsync().ListedAsync();

    public Task<StreamDescription> DescribeStream() => _manager.Readings.DescriptionAsync().DescribedAsync();

    public Task ReportFailures(FailureReport report)
    {
        _manager.AddFailures(report.ToBatch());
        return Task.CompletedTask;
    }

    public Task SetAside(DeadLetterReport report) => _manager.SetAsideAsync(report.ToLetters());

    public Task Wake() => _manager.ResumeAsync();

    // The calls of other callers, under any name of the stream.
    public Task<StreamShards> GetShards() => AnswerAsync(static m => m.GetShards(), () => _manager.Readings.LastAsync().ToldAsync(Stream));

    public Task<StreamShards> RefreshShards() => AnswerAsync(static m => m.RefreshShards(), () => _manager.Readings.RefreshAsync().ToldAsync(Stream));

    public Task<StreamOverview> GetOverview() => AnswerAsync(static m => m.GetOverview(), () => Admin.GetShardsAsync(CancellationToken.None));

    public Task<StartedOperation> SplitShard(string shardId, string? at = null)
    {
        ArgumentNullException.ThrowIfNull(shardId);
        return AnswerAsync(m => m.SplitShard(shardId, at), () => Admin.SplitAsync(shardId, SplitPoint.Parse(at), CancellationToken.None));
    }

    public Task<StartedOperation> MergeShards(string shardId, string adjacentShardId)
    {
        ArgumentNullException.ThrowIfNull(shardId);
        ArgumentNullException.ThrowIfNull(adjacentShardId);
        return AnswerAsync(m => m.MergeShards(shardId, adjacentShardId), () => Admin.MergeAsync(shardId, adjacentShardId, CancellationToken.None));
    }

    public Task<StartedOperation> SetShardCount(int shards, ReshardMethod method = ReshardMethod.Plan) =>
        AnswerAsync(m => m.SetShardCount(shards, method), () => Admin.ScaleAsync(shards, method, CancellationToken.None));

    public Task<ShardPlan> Plan(int? shards = null) => AnswerAsync(m => m.Plan(shards), () => Admin.PlanAsync(shards, CancellationToken.None));

    public Task<ScalingOptions> GetPolicy() => AnswerAsync(static m => m.GetPolicy(), () => Admin.GetPolicyAsync(CancellationToken.None));

    public Task<ScalingOptions> SetPolicy(ScalingOptions policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return AnswerAsync(m => m.SetPolicy(policy), () => Admin.SetPolicyAsync(policy with { }, CancellationToken.None));
    }

    public Task<StreamCapacity> GetCapacity() => AnswerAsync(static m => m.GetCapacity(), () => Admin.Capacity.GetAsync(CancellationToken.None));

    public Task<CapacityPlan> ChangeCapacity(CapacityChange change) =>
        AnswerAsync(m => m.ChangeCapacity(change), () => Admin.Capacity.ChangeAsync(change, CancellationToken.None));

    public Task<StreamLoad> GetLoad() => AnswerAsync(static m => m.GetLoad(), () => Admin.Load.GetAsync(CancellationToken.None));

    public Task<StreamHeat> GetHeat(HeatSpan span = HeatSpan.Hour) =>
        AnswerAsync(m => m.GetHeat(span), () => Admin.Load.GetHeatAsync(span, CancellationToken.None));

    public Task<LastNumbers> GetLastNumbers() => AnswerAsync(static m => m.GetLastNumbers(), _manager.LastNumbersAsync);

    public Task<StreamOperation[]> GetHistory() =>
        AnswerAsync(static m => m.GetHistory(), async () => (StreamOperation[])[.. await Admin.GetHistoryAsync(CancellationToken.None)]);

    public Task<StreamOperation> GetOperation(string operationId) =>
        AnswerAsync(m => m.GetOperation(operationId), () => Admin.GetOperationAsync(operationId, CancellationToken.None));

    public Task<StreamBooks> GetLedgerReport() => AnswerAsync(static m => m.GetLedgerReport(), _manager.LedgerAsync);

    public Task<StreamLedger> GetLedger() => AnswerAsync(static m => m.GetLedger(), _manager.TotalAsync);

    public Task<BacklogStatus> GetBacklog() => AnswerAsync(static m => m.GetBacklog(), _manager.BacklogAsync);

    public Task<FailurePage> GetFailures(long after = 0, int max = 100)
    {
        CheckPage(after, max);
        return AnswerAsync(m => m.GetFailures(after, max), () => _manager.FailuresAsync(after, max).ToldAsync());
    }

    public Task<FailedRecordPage> ListFailures(long after = 0, int max = 100)
    {
        CheckPage(after, max);
        return AnswerAsync(m => m.ListFailures(after, max), () => _manager.ListFailuresAsync(after, max));
    }

    public Task<RecordExplanation> Explain(string question)
    {
        ArgumentNullException.ThrowIfNull(question);
        var asked = ExplainQuestion.Parse(question);
        return AnswerAsync(m => m.Explain(question), () => _manager.ExplainAsync(asked));
    }

    public Task<DeadLetter[]> GetDeadLetters(long after = 0, int max = 100)
    {
        CheckPage(after, max);
        return AnswerAsync(m => m.GetDeadLetters(after, max), () => _manager.LettersAsync(after, max));
    }

    public Task<int> RequeueDeadLetters(long[]? numbers = null) => AnswerAsync(m => m.RequeueDeadLetters(numbers), () => _manager.RequeueAsync(numbers));

    public Task<int> DropDeadLetters(long[]? numbers = null) =>
        AnswerAsync(m => m.DropDeadLetters(numbers), () => _manager.DropAsync(numbers));

    private void MoveTo(SiloId silo)
    {
        RequestContext.Set(IPlacementDirector.PlacementHintKey, silo.ToAddress());
        MigrateOnIdle();
        RequestContext.Remove(IPlacementDirector.PlacementHintKey);
    }

    private static void CheckPage(long after, int max)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(after);
        ArgumentOutOfRangeException.ThrowIfLessThan(max, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(max, MaxPage);
    }

    /// <summary>
    /// Answers under the stream's canonical name, and passes the call on otherwise. A stream may be called by its name or by its ARN, and
    /// each is the key of a grain; only the manager under the canonical name answers.
    /// </summary>
    private async Task<T> AnswerAsync<T>(Func<IStreamManager, Task<T>> passOn, Func<Task<T>> answer)
    {
        var name = await _node.Names.ManagedAsync(Stream);
        return name == Stream ? await answer() : await passOn(GrainFactory.GetGrain<IStreamManager>(name));
    }
}

/// <summary>Asks the managers of the streams through Orleans.</summary>
internal sealed class ManagerGrains(IGrainFactory grains) : IStreamManagers
{
    public async Task<IReadOnlyList<ShardRange>> ListShardsAsync(string stream) => (await Of(stream).ListShards(null).ConfigureAwait(false)).ToRanges();

    public async Task<IReadOnlyList<ShardRange>> ListClosedShardsAsync(string stream) =>
        (await Of(stream).ListClosedShards().ConfigureAwait(false)).ToRanges();

    public async Task<StreamSummary> DescribeAsync(string stream) => (await Of(stream).DescribeStream().ConfigureAwait(false)).ToSummary();

    public Task ReportFailuresAsync(string stream, FailureBatch failures) => Of(stream).ReportFailures(failures.ToReport());

    public Task SetAsideAsync(string stream, DeadLetterBatch report) => Of(stream).SetAside(report.ToMessage());

    public Task WakeAsync(string stream) => Of(stream).Wake();

    private IShardMapSource Of(string stream) => grains.GetGrain<IShardMapSource>(stream);
}
