using System.Globalization;

namespace Orleans.Kpl.Scaling.Tests;

/// <summary>Streams to plan for.</summary>
internal static class Topologies
{
    public static string Id(int number) => "shardId-" + number.ToString("D12", CultureInfo.InvariantCulture);

    /// <summary>Shards that start at the given hash keys, beside the first.</summary>
    public static ShardRange[] Of(IEnumerable<UInt128> boundaries)
    {
        UInt128[] starts = [0, .. boundaries.Order()];
        return [.. starts.Select((s, i) => new ShardRange(Id(i), s, i + 1 < starts.Length ? starts[i + 1] - 1 : UInt128.MaxValue))];
    }

    public static ShardRange[] Even(int count) => Of(Enumerable.Range(1, count - 1).Select(i => EvenRanges.Start(i, count)));

    public static ReshardContext Context(params ShardRange[] shards) => new(new ContiguousShards(shards));

    /// <summary>A hash key, in 256ths of all.</summary>
    public static UInt128 Key(int of256) => (UInt128)of256 << 120;

    /// <summary>What was observed of a shard, its weight spread by the given parts.</summary>
    public static ShardLoadReport Load(ShardRange shard, double[] histogram, params HotKey[] hot) => new(shard, [], histogram, hot);

    /// <summary>One weight for each shard, even within it.</summary>
    public static IReadOnlyList<ShardLoadReport> Loads(IReadOnlyList<ShardRange> shards, IReadOnlyList<double> weights) =>
        [.. shards.Select((s, i) => Load(s, [weights[i]]))];

    public static IReadOnlyList<UInt128> Starts(ShardPlan plan) => [.. plan.Result.Select(r => r.StartingHashKey)];

    /// <summary>What becomes of shards by the steps; each step must fit what is there.</summary>
    public static List<(UInt128 Start, UInt128 End)> Apply(IEnumerable<ShardRange> shards, IEnumerable<ShardPlanStep> steps)
    {
        var ranges = shards.Select(s => (Start: s.StartingHashKey, End: s.EndingHashKey)).ToList();
        foreach (var step in steps)
        {
            var (start, end, at) = (step.StartingHashKey, step.EndingHashKey, step.At!.Value);
            (UInt128 Start, UInt128 End) whole = (start, end), low = (start, at - 1), high = (at, end);
            Assert.InRange(at, start + 1, end);
            if (step.Kind == ReshardStepKind.Split)
            {
                Assert.True(ranges.Remove(whole));
                ranges.AddRange([low, high]);
            }
            else
            {
                Assert.Equal(ReshardStepKind.Merge, step.Kind);
                Assert.True(ranges.Remove(low) && ranges.Remove(high));
                ranges.Add(whole);
            }
        }

        ranges.Sort();
        return ranges;
    }
}
