namespace Orleans.Kpl.Scaling.Policy;

/// <summary>
/// Decides whether a stream gets more shards or fewer. A pure function of the observation and a small remembered state; meant to be called once a
/// minute. The caller that carries out a decision saves its state before the first call, and reports <see cref="ScalingState.Ended"/>.
/// </summary>
internal sealed class ScalingPolicy(ScalingOptions options)
{
    private readonly ScaleOutRule _out = new(options);
    private readonly ScaleInRule _in = new(options);

    public ScalingDecision Decide(ScalingState state, ScalingObservation seen)
    {
        state = state.At(seen.Now);
        if (options.Mode == ScalingMode.Off)
            return Stay("Scaling is switched off.");
        if (seen.IsOnDemand)
            return Stay("The stream is on-demand: Kinesis scales it itself.");
        if (!seen.IsIdle)
            return StopReason(seen) is { } why
                ? new ScalingDecision(ScalingDecisionKind.Stop, why, null, state, options.Mode == ScalingMode.DryRun)
                : Stay("A change of the shards is running.");

        seen = seen with { Quotas = seen.Quotas with { UpdateShardCountsLeft = state.UpdateShardCountsLeft } };
        var proposal = _out.Propose(seen);
        // A shard that no split can help does not prevent the merge of others.
        if (proposal?.Plan is null && !(seen.Now - state.LastEnded < TimeSpan.FromMinutes(options.MergeMinutes)))
            proposal = _in.Propose(state, seen) ?? proposal;
        if (proposal is null)
            return Stay("Every shard is within its limits.");
        if (Obstacle(proposal, state, seen) is { } obstacle)
            return new ScalingDecision(ScalingDecisionKind.Held, $"{proposal.Reason} {obstacle.Text}".TrimEnd(), null, state, false, obstacle.HeldBy);
        return new ScalingDecision(proposal.Kind, proposal.Reason, proposal.Plan, Remember(state, proposal, seen.Now), options.Mode == ScalingMode.DryRun);

        ScalingDecision Stay(string reason) => new(ScalingDecisionKind.Stay, reason, null, state, false);
    }

    private string? StopReason(ScalingObservation seen) => seen.Running switch
    {
        ScalingDecisionKind.In when _out.Propose(seen) is { Plan: not null } => "A shard is overloaded or throttled while others are merged.",
        ScalingDecisionKind.Out when seen.IsWhole && _out.IsOver(seen) => "No shard is near its limits any more: the splits that are left are not needed.",
        _ => null,
    };

    private (string? HeldBy, string Text)? Obstacle(ScalingProposal proposal, ScalingState state, ScalingObservation seen)
    {
        if (proposal.Plan is null)
            return (null, "");
        if (seen.Now - state.LastEnded < options.CoolDown)
            return (nameof(options.CoolDown), $"Not before {state.LastEnded + options.CoolDown:u}: the last change ended at {state.LastEnded:u}.");
        if (state.Changes.Count >= options.OperationsPerDay)
            return (nameof(options.OperationsPerDay), $"There were {state.Changes.Count} changes in 24 hours, which is all that OperationsPerDay allows.");
        return proposal.Plan.Obstacles.Count > 0 ? (nameof(proposal.Plan.Obstacles), proposal.Plan.Obstacles[0]) : null;
    }

    private static ScalingState Remember(ScalingState state, ScalingProposal proposal, DateTimeOffset now) => state with
    {
        Changes = [.. state.Changes, now],
        UniformChanges = [.. state.UniformChanges, .. proposal.Plan!.Steps.Where(s => s.Kind == ReshardStepKind.UpdateShardCount).Select(_ => now)],
        Splits = [.. state.Splits, .. proposal.Overloaded],
    };
}
