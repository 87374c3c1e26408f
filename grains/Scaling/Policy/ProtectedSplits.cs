namespace Orleans.Kpl.Scaling.Policy;

/// <summary>
/// Which merges past splits forbid: those that would make a shard again that was split for its load, or one that reaches beyond it, while
/// that load has not fallen well below. Its parts may still be merged with one another.
/// </summary>
internal sealed class ProtectedSplits
{
    /// <summary>The share of the demand it was split for at which a range may be put together again.</summary>
    private const double Fallen = 0.7;

    private readonly HashSet<UInt128> _edges = [];
    private readonly HashSet<(UInt128 Start, UInt128 End)> _ranges = [];

    /// <param name="splits">The splits that are remembered.</param>
    /// <param name="shards">All shards, in the order of their ranges.</param>
    /// <param name="minutes">How far back the demand is looked at.</param>
    public ProtectedSplits(IReadOnlyList<PastSplit> splits, List<UncheckedRange> shards, int minutes)
    {
        var all = PeakOf(shards, 0, UInt128.MaxValue, minutes);
        foreach (var split in splits)
        {
            // Even shards of then and now do not nest: all together are compared.
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

    /// <summary>The most shards that UpdateShardCount made more of and that must not come back; 0 where it did not.</summary>
    public int MostShards { get; }

    /// <summary>Whether single shards must not come back, so that even ranges are no choice.</summary>
    public bool IsAnyPart { get; }

    public bool Forbid(UncheckedRange left, UncheckedRange right) =>
        left.IsHeld || right.IsHeld || _edges.Contains(right.Start) || _ranges.Contains((left.Start, right.End));

    /// <summary>The most that a range wanted in a minute; of shards that lie partly within, their part.</summary>
    private static double PeakOf(List<UncheckedRange> shards, UInt128 start, UInt128 end, int minutes)
    {
        var sum = new double[minutes];
        for (var i = IndexOf(shards, start); i < shards.Count && shards[i].Start <= end; i++)
            UncheckedRange.AddTo(
                sum, shards[i].Demand, Width(UInt128.Max(shards[i].Start, start), UInt128.Min(shards[i].End, end)) / Width(shards[i].Start, shards[i].End));
        return sum.Max();

        static double Width(UInt128 first, UInt128 last) => (double)(last - first) + 1;
    }

    /// <summary>The shard that owns a hash key.</summary>
    private static int IndexOf(List<UncheckedRange> shards, UInt128 hashKey)
    {
        var (low, high) = (0, shards.Count - 1);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (shards[middle].End < hashKey)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }
}
