using Orleans.Kpl.Scaling.Planning;

namespace Orleans.Kpl.Scaling.Policy;

/// <summary>What the policy decided.</summary>
/// <param name="Kind">What is to be done.</param>
/// <param name="Reason">Why, in a sentence.</param>
/// <param name="Plan">How; null where nothing is to be done.</param>
/// <param name="State">What to remember; only to be kept where the plan is carried out.</param>
/// <param name="IsDryRun">Whether the plan is only to be told.</param>
internal sealed record ScalingDecision(ScalingDecisionKind Kind, string Reason, ReshardPlan? Plan, ScalingState State, bool IsDryRun);
