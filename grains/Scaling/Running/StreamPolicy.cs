using Orleans.Kpl.Scaling.Operations;
using Orleans.Kpl.Scaling.Planning;
using Orleans.Kpl.Scaling.Policy;

namespace Orleans.Kpl.Scaling.Running;

/// <summary>Runs a stream's policy once a minute while it has one, and carries out its decisions.</summary>
internal sealed class StreamPolicy(IManagedStream stream, OperationStore operations, OperationRunner runner, PolicyStore store, AdminServices services)
    : IAsyncDisposable
{
    /// <summary>How often decisions of one kind that are not carried out are reported, however often they come and go.</summary>
    private static readonly TimeSpan TellAgainAfter = TimeSpan.FromHours(1);

    private readonly BackgroundLoop _loop = new();
    private readonly Dictionary<(ScalingDecisionKind Kind, string? HeldBy), long> _told = [];
    private readonly UnusedShards _unused = new(services.Time);

    private string Stream => stream.Target.Stream;

    /// <summary>Follows the policy from now on; stops by itself when the policy is off.</summary>
    public void Follow() => _loop.Start(FollowAsync);

    /// <summary>Returns the plan that the policy would make now, whether it is on or not.</summary>
    public async Task<ShardPlan> PlanAsync(CancellationToken cancellationToken)
    {
        var policy = (await store.FindAsync(cancellationToken).ConfigureAwait(false) ?? new ScalingOptions()) with { Mode = ScalingMode.DryRun };
        var sight = await StreamObservation.ReadAsync(stream, services, needsQuotas: true, cancellationToken).ConfigureAwait(false);
        var context = sight.Context();
        var state = await store.StateAsync(cancellationToken).ConfigureAwait(false);
        var decision = new ScalingPolicy(policy).Decide(state, sight.Observation(services.Time.GetUtcNow(), null, isIdle: true, _unused));
        var plan = decision.Plan ?? ReshardPlanner.ToBoundaries(context, [.. context.Shards.Boundaries]);
        return plan with { Reasons = [decision.Reason, .. decision.Plan is null ? [] : plan.Reasons] };
    }

    public ValueTask DisposeAsync() => _loop.DisposeAsync();

    private async Task FollowAsync(CancellationToken stopping)
    {
        await Task.Delay(new StreamPhase(Stream).ToNext(services.Time, services.DecideEvery, services.DecideEvery), services.Time, stopping)
            .ConfigureAwait(false);
        using var timer = new PeriodicTimer(services.DecideEvery, services.Time);
        while (await TryDecideAsync(stopping).ConfigureAwait(false))
            await timer.WaitForNextTickAsync(stopping).ConfigureAwait(false);
    }

    /// <summary>Returns false when the policy is off.</summary>
    private async Task<bool> TryDecideAsync(CancellationToken stopping)
    {
        try
        {
            return await DecideAsync(stopping).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException || !stopping.IsCancellationRequested)
        {
            services.Events.Troubled(Stream, "asking its policy", e);
            return true;
        }
    }

    /// <summary>Runs the policy once, and carries out its decision. Returns false when it is off.</summary>
    public async Task<bool> DecideAsync(CancellationToken cancellationToken)
    {
        if (await store.FindAsync(cancellationToken).ConfigureAwait(false) is not { Mode: not ScalingMode.Off } options)
        {
            // A kill switch stops an operation that the policy began.
            if ((await operations.FindAsync(cancellationToken).ConfigureAwait(false))?.Operation is { Decision: not null } begun)
                runner.RequestStop(begun.Id, "The policy was switched off.");
            return false;
        }

        var running = (await operations.FindAsync(cancellationToken).ConfigureAwait(false))?.Operation;
        var sight = await StreamObservation.ReadAsync(stream, services, needsQuotas: false, cancellationToken).ConfigureAwait(false);
        if (sight.Look.Summary.OnDemand)
        {
            // Reading the stream takes seconds: a policy that was set meanwhile is asked next time.
            if (await store.WriteAsync(options with { Mode = ScalingMode.Off }, cancellationToken).ConfigureAwait(false) is null)
                return true;
            await operations.NoteAsync("The policy has switched itself off: the stream has become on-demand, and Kinesis scales it itself.", cancellationToken).ConfigureAwait(false);
            return false;
        }

        _unused.Look(sight);
        var now = services.Time.GetUtcNow();
        var state = await store.StateAsync(cancellationToken).ConfigureAwait(false);
        // Kept, or they would be the present each time, and never be over.
        if (state.IsAheadOf(now))
            await store.ChangeStateAsync(s => s.At(now), cancellationToken).ConfigureAwait(false);
        var policy = new ScalingPolicy(options);
        var decision = Decide();
        if (decision.Plan is not null)
        {
            await sight.ReadQuotasAsync(stream.Target, services, cancellationToken).ConfigureAwait(false);
            decision = Decide();
        }

        switch (decision)
        {
            case { Kind: ScalingDecisionKind.Stop, IsDryRun: false }:
                services.Events.Decided(Stream, decision.Reason);
                runner.RequestStop(running!.Id, decision.Reason);
                break;
            case { Plan: { } plan, IsDryRun: false }:
                services.Events.Decided(Stream, decision.Reason);
                await BeginAsync(decision, plan, sight, now, cancellationToken).ConfigureAwait(false);
                break;
            case { Kind: not ScalingDecisionKind.Stay }:
                await TellAsync(decision, cancellationToken).ConfigureAwait(false);
                break;
        }

        return true;

        ScalingDecision Decide() => policy.Decide(state, sight.Observation(now, running?.Decision, running is null, _unused));
    }

    private async Task BeginAsync(ScalingDecision decision, ShardPlan plan, StreamObservation sight, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var operation = ReshardOperation.Begin(OperationIds.New(StreamOperationKind.Policy, now), Stream, sight.Look.Summary.CreationTime, plan,
            decision.Reason, now) with
        {
            Kind = StreamOperationKind.Policy,
            Decision = decision.Kind,
            Shards = sight.Look.Shards.Count,
        };
        var isBegun = false;
        try
        {
            await store.ChangeStateAsync(_ => decision.State, cancellationToken).ConfigureAwait(false);
            isBegun = await runner.TryBeginAsync(operation, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            // Where the store gave no answer, the operation may be there all the same. A manager that ends takes its announcement back too.
            if (!isBegun && (await operations.FindAsync(CancellationToken.None).ConfigureAwait(false))?.Operation.Id != operation.Id)
                await store.ChangeStateAsync(s => s.Without(now), CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>Reports a decision that is not carried out: a dry run, or one with an obstacle.</summary>
    private async Task TellAsync(ScalingDecision decision, CancellationToken cancellationToken)
    {
        var what = (decision.Kind, decision.HeldBy);
        if (_told.TryGetValue(what, out var at) && services.Time.GetElapsedTime(at) < TellAgainAfter)
            return;
        var plan = decision.Plan is null ? "" : $" Plan: {string.Join(" ", decision.Plan.Reasons)}";
        await operations.NoteAsync($"{(decision.IsDryRun ? "Dry run: " : "")}{decision.Reason}{plan}", cancellationToken).ConfigureAwait(false);
        services.Events.Decided(Stream, decision.Reason);
        _told[what] = services.Time.GetTimestamp();
    }
}
