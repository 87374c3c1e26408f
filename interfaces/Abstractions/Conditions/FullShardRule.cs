using Orleans.Kpl.Texts;
using static Orleans.Kpl.Conditions.ConditionText;

namespace Orleans.Kpl.Conditions;

/// <summary>What is told, and what is to be done, where shards are offered more than they take.</summary>
internal static class FullShardRule
{
    public static TierCondition? Find(TierFacts facts)
    {
        if (facts is not { FullShards.Count: > 0 and var full, FullSince: { } since })
            return null;
        var what = full == 1 && facts.Shards > 1
            ? $"Shard {Shard(facts.FullShards[0])} is full since {Time(since, facts.Now)}"
            : Of($"{full} of {Quantity.Of(facts.Shards, "shard")} full since {Time(since, facts.Now)}");
        return new TierCondition(ConditionSeverity.Warning, ConditionCodes.ShardsFull, $"{what}: {NextStep(facts, full)}", since);
    }

    private static string NextStep(TierFacts facts, int full)
    {
        if (full == 1 && facts.HotKeyShare >= ConditionLimits.HotKey)
            return Of($"one key has at least {Math.Floor(facts.HotKeyShare * 100):0} % of it, and no split divides a key: spread it over several keys.");
        if (facts.Operation is { } operation)
            return Of($"its shards are being changed, step {operation.Step} of {operation.Steps}.");
        if (facts.OnDemand)
            return "Kinesis adds shards of on-demand streams by itself.";
        return full == facts.Shards ? Of($"split to {2 * full}.") : full == 1 ? "split it." : "split them.";
    }
}
