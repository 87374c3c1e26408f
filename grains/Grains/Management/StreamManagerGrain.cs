using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Kpl.Grains.Backlog;
using Orleans.Kpl.Grains.Fronts;
using Orleans.Kpl.Grains.Links;
using Orleans.Kpl.Grains.Membership;
using Orleans.Kpl.Management;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Scaling.Running;
using Orleans.Placement;
using Orleans.Runtime;

namespace Orleans.Kpl.Grains.Management;

/// <summary>
/// The only object in the cluster that asks Kinesis about a stream. It answers for the stream: its shards and their changes, its ledger,
/// its backlog, its failures. Each of these is a class of its own; the grain only makes them reachable, under any name of the stream.
/// </summary>
[GrainType("kpl-manager"), Reentrant, Immovable, KeepAlive]
internal sealed partial class StreamManagerGrain : Grain, IStreamManager, IShardMapSource
{
    private const int MaxPage = 1_000;

    private readonly StreamNameResolver _names;
    private readonly StreamAdmins _admins;
    private readonly ClusterProducer _producer;
    private readonly ILogger<StreamManagerGrain> _logger;
    private readonly StreamReadings _readings;
    private readonly FailureList _failures;
    private readonly ManagedDeadLetters _letters;
    private readonly StreamSums _sums;
    private StreamAdministrator? _admin;

    public StreamManagerGrain(
        KplOptions options, KinesisAccess kinesis, StreamNameResolver names, SiloLinks links, LiveSilos silos, StreamAdmins admins, ClusterProducer producer,
        ClusterBacklog backlog,
        TimeProvider time, ILogger<StreamManagerGrain> logger)
    {
        (_names, _admins, _producer, _logger) = (names, admins, producer, logger);
        _readings = new StreamReadings(Stream, options, kinesis.Gateway, links, silos, time, logger);
        _failures = new FailureList(time.GetUtcNow());
        _letters = new ManagedDeadLetters(Stream, new DeadLetterStore(Stream, backlog.Letters, _failures, producer.Events, time), DeactivateOnIdle, logger);
        _sums = new StreamSums(Stream, links, silos, _letters);
    }

    private string Stream => this.GetPrimaryKeyString();

    /// <summary>Changes shards, on the thread pool.</summary>
    private StreamAdministrator Admin => _admin ??= _admins.Create(Stream);

    /// <summary>
    /// Continues operations that were left under way: the call that activated this grain may have been for something else.
    /// </summary>
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

    // The calls of silos, which use the stream's canonical name.
    public Task<ShardListing> ListShards(MapVersion? known) => _readings.OpenAsync(known);

    public Task<ShardListing> ListClosedShards() => _readings.ClosedAsync();

    public Task<StreamDescription> DescribeStream() => _readings.DescriptionAsync();

    public Task ReportFailures(FailureReport report)
    {
        _failures.Add(report);
        return Task.CompletedTask;
    }

    public Task SetAside(DeadLetterReport report) => _letters.AskAsync(async kept =>
    {
        await kept.AddAsync(report);
        return report.Letters.Length;
    });

    public Task Wake() => ResumeAsync();

    // The calls of other callers, under any name of the stream.
    public Task<StreamShards> GetShards() => AnswerAsync(static m => m.GetShards(), _readings.ShardsAsync);

    public Task<StreamShards> RefreshShards() => AnswerAsync(static m => m.RefreshShards(), _readings.FreshShardsAsync);

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

    public Task<StreamOperation[]> GetHistory() =>
        AnswerAsync(static m => m.GetHistory(), async () => (StreamOperation[])[.. await Admin.GetHistoryAsync(CancellationToken.None)]);

    public Task<StreamOperation> GetOperation(string operationId) =>
        AnswerAsync(m => m.GetOperation(operationId), () => Admin.GetOperationAsync(operationId, CancellationToken.None));

    public Task<StreamBooks> GetLedgerReport() => AnswerAsync(static m => m.GetLedgerReport(), _sums.LedgerAsync);

    public Task<StreamLedger> GetLedger() => AnswerAsync(static m => m.GetLedger(), async () => (await _sums.LedgerAsync()).Ledger);

    public Task<BacklogStatus> GetBacklog() => AnswerAsync(static m => m.GetBacklog(), _sums.BacklogAsync);

    public Task<FailurePage> GetFailures(long after = 0, int max = 100)
    {
        CheckPage(after, max);
        return AnswerAsync(m => m.GetFailures(after, max), async () =>
        {
            await _letters.FindOlderAsync();
            return _failures.Page(after, max);
        });
    }

    public Task<DeadLetter[]> GetDeadLetters(long after = 0, int max = 100)
    {
        CheckPage(after, max);
        return AnswerAsync(m => m.GetDeadLetters(after, max), () => _letters.AskAsync(kept => kept.ListAsync(after, max)));
    }

    public Task<int> RequeueDeadLetters(long[]? numbers = null) => AnswerAsync(
        m => m.RequeueDeadLetters(numbers), () => _letters.AskAsync(kept => kept.RequeueAsync(numbers, records => _producer.RequeueAsync(Stream, records))));

    public Task<int> DropDeadLetters(long[]? numbers = null) =>
        AnswerAsync(m => m.DropDeadLetters(numbers), () => _letters.AskAsync(kept => kept.DropAsync(numbers)));

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
        var name = await _names.CanonicalAsync(Stream);
        return name == Stream ? await answer() : await passOn(GrainFactory.GetGrain<IStreamManager>(name));
    }

    private async Task ResumeAsync()
    {
        try
        {
            // Under another name this grain only passes calls on.
            if (await _names.CanonicalAsync(Stream) == Stream)
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

/// <summary>Gives access to Kinesis itself, for the objects that may ask it about shards.</summary>
internal sealed record KinesisAccess(IKinesisGateway Gateway);
