using Orleans.Kpl.Scaling.Planning;

namespace Orleans.Kpl.Scaling.Running;

/// <summary>Converts a plan to its public form.</summary>
internal static class PlanText
{
    public static ShardPlan Of(ReshardPlan plan) => new()
    {
        Method = plan.Method,
        Steps = [.. plan.Steps.Select(Of)],
        Result = [.. plan.Result.Select(
            static s => new PlannedRange { StartingHashKey = s.Start, EndingHashKey = s.End, Share = s.Share, ShardId = s.ShardId })],
        Duration = plan.Duration,
        MovedShare = plan.MovedShare,
        PeakShards = plan.PeakShards,
        Reasons = plan.Reasons,
        Obstacles = plan.Obstacles,
        Alternatives = [.. plan.Alternatives.Select(static a => new PlanAlternative
        {
            Method = a.Method,
            Calls = a.Calls,
            Duration = a.Duration,
            MovedShare = a.MovedShare,
            Obstacle = a.Obstacle,
        })],
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
