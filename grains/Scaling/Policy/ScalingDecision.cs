using Orleans.Kpl.Scaling.Planning;

namespace Orleans.Kpl.Scaling.Policy;

/// <summary>What the policy decided.</summary>
/// <param name="Kind">What is to be done.</param>
/// <param name="Reason">Why, in a sentence.</param>
/// <param name="Plan">How; null where nothing is to be done.</param>
/// <param name="State">What to remember; only to be kept where the plan is carried out.</param>
/// <param name="IsDryRun">Whether the plan is only to be told.</param>
internal sealed record ScalingDecision(ScalingDecisionKind Kind, string Reason, ReshardPlan? Plan, ScalingState State, bool IsDryRun);

/// <summary>What the policy decided.</summary>
internal enum ScalingDecisionKind
{
    /// <summary>Nothing is to be done.</summary>
    Stay,

    /// <summary>Something should be done and may not: a limit, a cool-down, one key that is the load.</summary>
    Held,

    /// <summary>More shards.</summary>
    Out,

    /// <summary>Fewer shards.</summary>
    In,

    /// <summary>What is running is to end with its current step: a shard became overloaded while others are merged, or none is any more.</summary>
    Stop,
}

/// <summary>What a rule would do.</summary>
/// <param name="Kind">Out or in.</param>
/// <param name="Reason">Why, in a sentence.</param>
/// <param name="Plan">How; null where the reason tells why nothing can be done.</param>
/// <param name="Overloaded">Ranges that are split for their demand, to be remembered.</param>
internal sealed record ScalingProposal(ScalingDecisionKind Kind, string Reason, ReshardPlan? Plan, IReadOnlyList<PastSplit> Overloaded);
