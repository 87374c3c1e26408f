using Orleans.Kpl.Scaling.Planning;

namespace Orleans.Kpl.Scaling.Running;

/// <summary>A plan as it is told.</summary>
internal static class PlanText
{
    public static ShardPlan Of(ReshardPlan plan) => new()
    {
        Method = plan.Method,
        Steps = [.. plan.Steps.Select(Of)],
        Result = [.. plan.Result.Select(static s => new PlannedRange(s.Start, s.End, s.Share, s.ShardId))],
        Duration = plan.Duration,
        MovedShare = plan.MovedShare,
        PeakShards = plan.PeakShards,
        Reasons = plan.Reasons,
        Obstacles = plan.Obstacles,
        Alternatives = [.. plan.Alternatives.Select(static a => new PlanAlternative(a.Method, a.Calls, a.Duration, a.MovedShare, a.Obstacle))],
    };

    private static ShardPlanStep Of(ReshardStep step)
    {
        var isUniform = step.Kind == ReshardStepKind.UpdateShardCount;
        return new ShardPlanStep
        {
            Kind = step.Kind,
            StartingHashKey = step.Start,
            EndingHashKey = step.End,
            At = isUniform ? null : step.At,
            Shards = isUniform ? step.TargetCount : null,
            MovedShare = step.MovedShare,
            Reason = step.Reason,
        };
    }
}
