namespace Orleans.Kpl.Scaling.Policy;

/// <summary>A decision of the policy.</summary>
/// <param name="Reason">The reason, in a sentence.</param>
/// <param name="Plan">The plan; null where nothing is to be done.</param>
/// <param name="State">The state to remember; only to be saved where the plan is carried out.</param>
/// <param name="IsDryRun">Whether the plan is only reported.</param>
/// <param name="HeldBy">What kind of thing holds a plan back, whatever its numbers are now; null for none, and where there is no plan.</param>
internal sealed record ScalingDecision(
    ScalingDecisionKind Kind, string Reason, ShardPlan? Plan, ScalingState State, bool IsDryRun, string? HeldBy = null);

/// <summary>The kinds of decisions of the policy.</summary>
internal enum ScalingDecisionKind
{
    /// <summary>Nothing is to be done.</summary>
    Stay,

    /// <summary>A change is needed but not allowed: a limit, a cool-down, one key that is the load.</summary>
    Held,

    /// <summary>More shards.</summary>
    Out,

    /// <summary>Fewer shards.</summary>
    In,

    /// <summary>
    /// The running change is to end with its current step: a shard became overloaded while others are merged, or no shard is overloaded any more.
    /// </summary>
    Stop,
}

/// <summary>The change that a rule proposes.</summary>
/// <param name="Kind">Out or in.</param>
/// <param name="Reason">The reason, in a sentence.</param>
/// <param name="Plan">The plan; null where the reason says why nothing can be done.</param>
/// <param name="Overloaded">The ranges that are split for their demand, to be remembered.</param>
internal sealed record ScalingProposal(ScalingDecisionKind Kind, string Reason, ShardPlan? Plan, IReadOnlyList<PastSplit> Overloaded);
