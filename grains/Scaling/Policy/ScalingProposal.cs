using Orleans.Kpl.Scaling.Planning;

namespace Orleans.Kpl.Scaling.Policy;

/// <summary>What a rule would do.</summary>
/// <param name="Kind">Out or in.</param>
/// <param name="Reason">Why, in a sentence.</param>
/// <param name="Plan">How; null where the reason tells why nothing can be done.</param>
/// <param name="Overloaded">Ranges that are split for their demand, to be remembered.</param>
internal sealed record ScalingProposal(ScalingDecisionKind Kind, string Reason, ReshardPlan? Plan, IReadOnlyList<PastSplit> Overloaded);
