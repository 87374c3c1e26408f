using Orleans.Kpl.Scaling.Planning;

namespace Orleans.Kpl.Scaling.Tests.Simulated;

/// <summary>Darkseid: the shard with the most throttles of those throttled more than ten times a minute for three minutes is split in its middle.</summary>
internal sealed class MiddleSplitScaler(int mostShards) : IScaler
{
    public ReshardPlan? Decide(SimulatedStream stream)
    {
        if (stream.IsUpdating || stream.Shards.Count >= mostShards)
            return null;
        var worst = stream.Shards
            .Where(s => s.Minutes.Count >= 3 && s.Minutes.TakeLast(3).All(m => m.Throttled > 10) && s.Range.StartingHashKey < s.Range.EndingHashKey)
            .MaxBy(s => s.Minutes[^1].Throttled);
        return worst is null
            ? null
            : ReshardPlanner.Default.Split(new ReshardContext(new ContiguousShards(stream.Shards.Select(s => s.Range))), worst.Range.ShardId,
                SplitPoint.Middle);
    }

    public void Ended(SimulatedStream stream)
    {
    }
}
