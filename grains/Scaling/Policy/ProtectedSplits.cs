using Orleans.Kpl.Scaling.Planning;

namespace Orleans.Kpl.Scaling.Policy;

/// <summary>
/// The merges that past splits forbid. While the load of a split range has not fallen well below, no merge may restore the shard that was split, or
/// make one that reaches beyond it. The parts of the range may still be merged with one another.
/// </summary>
internal sealed class ProtectedSplits
{
    /// <summary>The share of the former demand at or below which a split range may be merged again.</summary>
    private const double Fallen = 0.7;

    private readonly HashSet<UInt128> _edges = [];
    private readonly HashSet<(UInt128 Start, UInt128 End)> _ranges = [];

    /// <param name="splits">The remembered splits.</param>
    /// <param name="shards">All shards, in the order of their ranges.</param>
    /// <param name="minutes">How many past minutes of demand are considered.</param>
    public ProtectedSplits(IReadOnlyList<PastSplit> splits, List<UncheckedRange> shards, int minutes)
    {
        var all = PeakOf(shards, 0, UInt128.MaxValue, minutes);
        foreach (var split in splits)
        {
            // Even shards of then and now do not nest, so the demand of all of them together is compared.
            var demand = split.Shards > 1 ? all / split.Shards : PeakOf(shards, split.Start, split.End, minutes);
            if (demand <= Fallen * split.Utilisation)
                continue;
            foreach (var range in split.Ranges)
            {
                _ranges.Add(range);
                _edges.UnionWith([range.Start, range.End + 1]);
            }

            MostShards = split.Shards > 1 ? Math.Max(MostShards, split.Shards) : MostShards;
            IsAnyPart |= split.Shards == 1;
        }
    }

    /// <summary>Gets the largest former number of shards that UpdateShardCount increased and that must not return; 0 where there is none.</summary>
    public int MostShards { get; }

    /// <summary>Gets whether single shards must not be restored, so that even ranges are not an option.</summary>
    public bool IsAnyPart { get; }

    public bool Forbid(UncheckedRange left, UncheckedRange right) =>
        left.IsHeld || right.IsHeld || _edges.Contains(right.Start) || _ranges.Contains((left.Start, right.End));

    /// <summary>Returns the peak demand of a range in a minute. Shards that are partly within count with that part.</summary>
    private static double PeakOf(List<UncheckedRange> shards, UInt128 start, UInt128 end, int minutes)
    {
        var sum = new double[minutes];
        for (var i = ContiguousShards.IndexOf(shards, start, static s => s.End); i < shards.Count && shards[i].Start <= end; i++)
            UncheckedRange.AddTo(
                sum, shards[i].Demand, Width(UInt128.Max(shards[i].Start, start), UInt128.Min(shards[i].End, end)) / Width(shards[i].Start, shards[i].End));
        return sum.Max();

        static double Width(UInt128 first, UInt128 last) => (double)(last - first) + 1;
    }
}

/// <summary>A shard, or several shards that are to become one.</summary>
/// <param name="Start">Its first hash key.</param>
/// <param name="End">Its last hash key.</param>
/// <param name="IsHeld">Whether it is too young or was throttled, and so is not merged.</param>
/// <param name="Demand">The common demand minute by minute, newest last.</param>
internal sealed record UncheckedRange(UInt128 Start, UInt128 End, bool IsHeld, double[] Demand)
{
    public static UncheckedRange Join(UncheckedRange left, UncheckedRange right)
    {
        double[] sum = [.. left.Demand];
        AddTo(sum, right.Demand);
        return new UncheckedRange(left.Start, right.End, false, sum);
    }

    /// <summary>Returns the peak of the common demand of two ranges with equally many minutes.</summary>
    public static double PeakOf(UncheckedRange left, UncheckedRange right)
    {
        var peak = 0.0;
        for (var i = 0; i < left.Demand.Length; i++)
            peak = Math.Max(peak, left.Demand[i] + right.Demand[i]);
        return peak;
    }

    /// <summary>Adds demand minute by minute, aligned at the newest; a young shard has fewer minutes.</summary>
    public static void AddTo(double[] sum, double[] demand, double share = 1)
    {
        for (var i = 1; i <= demand.Length; i++)
            sum[^i] += share * demand[^i];
    }
}
