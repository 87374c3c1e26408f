using System.Text;
using Orleans.Kpl.Aggregation;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Scaling.Operations;
using Orleans.Kpl.Scaling.Planning;
using Orleans.Kpl.Scaling.Policy;
using static System.FormattableString;

namespace Orleans.Kpl.Scaling.Running;

/// <summary>
/// Handles the requests for one stream's shards: reads, plans, begins operations, keeps the policy. It is the same for an embedded producer and for a
/// tier; the differences are behind <see cref="IManagedStream"/> and the store.
/// </summary>
internal sealed class StreamAdministrator : IAsyncDisposable
{
    private readonly IManagedStream _stream;
    private readonly AdminServices _services;
    private readonly RoutingMode _routing;
    private readonly OperationStore _operations;
    private readonly PolicyStore _policies;
    private readonly OperationRunner _runner;
    private readonly StreamPolicy _policy;

    /// <param name="routing">How the stream's records find their shards.</param>
    public StreamAdministrator(IManagedStream stream, AdminServices services, RoutingMode routing = RoutingMode.ByKey)
    {
        (_stream, _services, _routing) = (stream, services, routing);
        _operations = new OperationStore(services.Store, Stream, services.Time, services.Events);
        _policies = new PolicyStore(services.Store, Stream);
        _runner = new OperationRunner(stream, _operations, _policies, services);
        _policy = new StreamPolicy(stream, _operations, _runner, _policies, services);
        Capacity = new CapacityAdministrator(stream, _operations, services);
        Load = new LoadReader(stream, services);
    }

    /// <summary>Mode, warm throughput and largest record of the stream.</summary>
    public CapacityAdministrator Capacity { get; }

    /// <summary>The stream's load by the hour.</summary>
    public LoadReader Load { get; }

    private string Stream => _stream.Target.Stream;

    /// <summary>Continues the operation, the policy and the warm throughput's end that a former manager left.</summary>
    public Task ResumeAsync(CancellationToken cancellationToken = default) => AdminErrors.TellAsync(async () =>
    {
        Capacity.Follow();
        Load.Follow();
        await _runner.ResumeAsync(cancellationToken).ConfigureAwait(false);
        if (await _policies.FindAsync(cancellationToken).ConfigureAwait(false) is { Mode: not ScalingMode.Off })
            _policy.Follow();
        return true;
    });

    public Task<StreamOverview> GetShardsAsync(CancellationToken cancellationToken) => AdminErrors.TellAsync(async () =>
    {
        var sight = await StreamObservation.ReadAsync(_stream, _services, needsQuotas: false, cancellationToken).ConfigureAwait(false);
        var held = await _operations.FindAsync(cancellationToken).ConfigureAwait(false);
        return OverviewText.Of(Stream, sight, held?.Operation is { IsEnded: false } running ? running : null, _services.Time.GetUtcNow());
    });

    public async Task<StreamOverview> RefreshAsync(CancellationToken cancellationToken)
    {
        var overview = await GetShardsAsync(cancellationToken).ConfigureAwait(false);
        await _stream.RefreshAsync(cancellationToken).ConfigureAwait(false);
        return overview;
    }

    /// <summary>Explains a hash key, or a failure.</summary>
    /// <param name="failure">The failure that the question is about; null where it is about a key.</param>
    public async Task<RecordExplanation> ExplainAsync(ExplainQuestion question, FailedRecord? failure, CancellationToken cancellationToken)
    {
        StreamOverview overview;
        var hashKey = failure is null ? HashOf(question) : failure.HashKey;
        try
        {
            overview = await GetShardsAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (StreamManagerException unread) when (failure is not null)
        {
            // The stream may be gone, or Kinesis away: perhaps that is why the record failed.
            return Explanation.Of(Stream, hashKey, failure, unread, _services.Time.GetUtcNow());
        }

        if (failure is null && question.PartitionKey is not null && _routing == RoutingMode.Even)
            return Explanation.OfAnyShard(overview);
        var shard = hashKey is { } key ? Explanation.FindShard(overview, key) : null;
        var sight = shard is null ? null : await _stream.FindObservationAsync(shard.ShardId, shard.OwnerSilo, cancellationToken).ConfigureAwait(false);
        return Explanation.Of(overview, hashKey, failure, sight);
    }

    /// <summary>The error where a failure is not in the list.</summary>
    public static StreamManagerException UnknownFailure(string stream, long number) =>
        new(StreamManagerErrorCodes.UnknownFailure, $"No failure {number} of stream {stream} is in the list: it is too old, or never was.");

    public Task<StartedOperation> SplitAsync(string shardId, SplitPoint at, CancellationToken cancellationToken) =>
        BeginAsync(StreamOperationKind.Split, c => ReshardPlanner.Split(c, shardId, at), cancellationToken);

    public Task<StartedOperation> MergeAsync(string shardId, string adjacentShardId, CancellationToken cancellationToken) =>
        BeginAsync(StreamOperationKind.Merge, c => ReshardPlanner.Merge(c, shardId, adjacentShardId), cancellationToken);

    public Task<StartedOperation> ScaleAsync(int shards, ReshardMethod method, CancellationToken cancellationToken) =>
        BeginAsync(StreamOperationKind.Scale, c => ReshardPlanner.ToCount(c, shards, method), cancellationToken);

    public Task<ShardPlan> PlanAsync(int? shards, CancellationToken cancellationToken) => AdminErrors.TellAsync(async () =>
    {
        if (shards is not { } target)
            return await _policy.PlanAsync(cancellationToken).ConfigureAwait(false);
        var sight = await StreamObservation.ReadAsync(_stream, _services, needsQuotas: true, cancellationToken).ConfigureAwait(false);
        return ReshardPlanner.ToCount(sight.Context(), target);
    });

    public Task<ScalingOptions> GetPolicyAsync(CancellationToken cancellationToken) => AdminErrors.TellAsync(async () =>
    {
        await CheckPolicyAsync(cancellationToken).ConfigureAwait(false);
        return await _policies.FindAsync(cancellationToken).ConfigureAwait(false) ?? new ScalingOptions { Version = 0 };
    });

    public Task<ScalingOptions> SetPolicyAsync(ScalingOptions policy, CancellationToken cancellationToken) => AdminErrors.TellAsync(async () =>
    {
        if (ScalingOptionsValidator.Validate(policy) is { Count: > 0 } errors)
            throw new StreamManagerException(StreamManagerErrorCodes.InvalidPolicy, string.Join("; ", errors));
        if (policy.Mode == ScalingMode.On && !_services.IsPolicyAllowed)
        {
            throw new StreamManagerException(
                StreamManagerErrorCodes.PolicyNotAllowed,
                "An embedded producer carries a policy out only with the setting ScalingPolicyAllowed: nothing would keep two processes from scaling the stream at once. Dry runs are always allowed.");
        }

        if (policy.Mode == ScalingMode.Off)
            await CheckPolicyAsync(cancellationToken).ConfigureAwait(false);
        else if ((await _stream.DescribeAsync(cancellationToken).ConfigureAwait(false)).OnDemand)
            throw new StreamManagerException(StreamManagerErrorCodes.OnDemand, $"The stream {Stream} is on-demand: Kinesis scales it itself.");
        var written = await _policies.WriteAsync(policy, cancellationToken).ConfigureAwait(false)
            ?? throw new StreamManagerException(
                StreamManagerErrorCodes.PolicyChanged,
                $"The policy of {Stream} was set again after its version {policy.Version} was read: read it once more, and make the change in that one.");
        await _operations.TryNoteAsync($"The policy was set to {policy.Mode}.").ConfigureAwait(false);
        if (policy.Mode == ScalingMode.Off && (await _operations.FindAsync(cancellationToken).ConfigureAwait(false))?.Operation is { Decision: not null } begun)
            _runner.RequestStop(begun.Id, "The policy was switched off.");
        if (policy.Mode != ScalingMode.Off)
            _policy.Follow();
        return written;
    });

    public Task<IReadOnlyList<StreamOperation>> GetHistoryAsync(CancellationToken cancellationToken) =>
        AdminErrors.TellAsync<IReadOnlyList<StreamOperation>>(async () =>
    {
        // The running operation is read first: it may end, and so move to the history, between the two reads.
        var running = await _operations.FindAsync(cancellationToken).ConfigureAwait(false);
        var ended = await _operations.HistoryAsync(cancellationToken).ConfigureAwait(false);
        if (running is null && ended.Count == 0)
            await _stream.DescribeAsync(cancellationToken).ConfigureAwait(false);
        return running is null || ended.Any(o => o.OperationId == running.Operation.Id) ? ended : [running.Operation.ToStreamOperation(), .. ended];
    });

    /// <summary>Returns an operation. Callers that wait poll this, so Kinesis is called only where the operation is not known.</summary>
    public Task<StreamOperation> GetOperationAsync(string operationId, CancellationToken cancellationToken) => AdminErrors.TellAsync(async () =>
    {
        if (await _operations.FindAsync(cancellationToken).ConfigureAwait(false) is { } held && held.Operation.Id == operationId)
            return held.Operation.ToStreamOperation();
        var history = await _operations.HistoryAsync(cancellationToken).ConfigureAwait(false);
        if (history.FirstOrDefault(o => o.OperationId == operationId) is { } ended)
            return ended;
        await _stream.DescribeAsync(cancellationToken).ConfigureAwait(false);
        throw new StreamManagerException(StreamManagerErrorCodes.UnknownOperation, $"No operation '{operationId}' of stream {Stream} is known.");
    });

    public async ValueTask DisposeAsync()
    {
        await Load.DisposeAsync().ConfigureAwait(false);
        await Capacity.DisposeAsync().ConfigureAwait(false);
        await _policy.DisposeAsync().ConfigureAwait(false);
        await _runner.DisposeAsync().ConfigureAwait(false);
    }

    private static UInt128 HashOf(ExplainQuestion question) =>
        question.HashKey ?? HashKey.OfPartitionKey(Encoding.UTF8.GetBytes(question.PartitionKey ?? ""));

    /// <summary>
    /// Checks that the stream is there, or its policy is: that of a deleted stream acts on the next one of that name, unless it is switched off. It must be
    /// possible to switch it off while Kinesis does not answer.
    /// </summary>
    private async Task CheckPolicyAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _stream.DescribeAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (KinesisException)
        {
            if (await _policies.FindAsync(cancellationToken).ConfigureAwait(false) is null)
                throw;
        }
    }

    private Task<StartedOperation> BeginAsync(StreamOperationKind kind, Func<ReshardContext, ShardPlan> makePlan, CancellationToken cancellationToken) =>
        AdminErrors.TellAsync(async () =>
    {
        if (await _operations.FindAsync(cancellationToken).ConfigureAwait(false) is { } other)
        {
            if (!other.Operation.IsEnded)
                throw AdminErrors.Running(Stream, other.Operation.Id);
            await _runner.CloseAsync(other, cancellationToken).ConfigureAwait(false);
        }

        var sight = await StreamObservation.ReadAsync(_stream, _services, needsQuotas: true, cancellationToken).ConfigureAwait(false);
        // Before the plan: while shards change, a listing has holes, and those that were asked for may be none of it.
        if (sight.Look.Summary.Status != "ACTIVE")
            throw AdminErrors.NotActive(Stream, sight.Look.Summary.Status);
        var plan = makePlan(sight.Context());
        if (plan.Steps.Count > ReshardPlanner.MostSteps)
        {
            throw new StreamManagerException(
                StreamManagerErrorCodes.TooManySteps,
                Invariant($"The plan has {plan.Steps.Count} steps, which would take {plan.Duration.TotalHours:0.#} hours; an operation has at most {ReshardPlanner.MostSteps}. ")
                + "UpdateShardCount, or a nearer number of shards, takes fewer.");
        }
        if (plan.OverQuota is { } overQuota)
            throw new StreamManagerException(StreamManagerErrorCodes.QuotaExceeded, overQuota);

        var now = _services.Time.GetUtcNow();
        var id = OperationIds.New(kind, now);
        var operation = ReshardOperation.Begin(id, Stream, sight.Look.Summary.CreationTime, plan, string.Join(" ", plan.Reasons), now)
            with { Kind = kind, Shards = sight.Look.Shards.Count };
        if (!await _runner.TryBeginAsync(operation, cancellationToken).ConfigureAwait(false))
            throw AdminErrors.Running(Stream, (await _operations.FindAsync(cancellationToken).ConfigureAwait(false))?.Operation.Id ?? "of somebody else");
        return new StartedOperation { OperationId = id, Plan = plan };
    });
}
