namespace Orleans.Kpl.Pipeline.Scaling.Policy;

/// <summary>
/// Which merges past splits forbid: those that would make a shard again that was split for its load, or one that reaches beyond it, while
/// that load has not fallen well below. Its parts may still be merged with one another.
/// </summary>
internal sealed class KeptSplits
{
    /// <summary>The share of the demand it was split for at which a range may be put together again.</summary>
    private const double Fallen = 0.7;

    private readonly HashSet<UInt128> _edges = [];
    private readonly HashSet<(UInt128 Start, UInt128 End)> _ranges = [];

    /// <param name="splits">The splits that are remembered.</param>
    /// <param name="shards">All shards, in the order of their ranges.</param>
    /// <param name="minutes">How far back the demand is looked at.</param>
    public KeptSplits(IReadOnlyList<PastSplit> splits, List<ColdRange> shards, int minutes)
    {
        foreach (var split in splits)
        {
            var next = 0;
            foreach (var range in split.Ranges)
            {
                if (split.Shards == 1)
                    next = IndexOf(shards, range.Start);
                var sum = new double[minutes];
                for (; next < shards.Count && shards[next].End <= range.End; next++)
                    ColdRange.AddTo(sum, shards[next].Demand);
                if (sum.Max() <= Fallen * split.Utilisation)
                    continue;
                _ranges.Add(range);
                _edges.UnionWith([range.Start, range.End + 1]);
                MostShards = split.Shards > 1 ? Math.Max(MostShards, split.Shards) : MostShards;
                IsAnyPart |= split.Shards == 1;
            }
        }
    }

    /// <summary>The most shards that UpdateShardCount made more of and that must not come back; 0 where it did not.</summary>
    public int MostShards { get; }

    /// <summary>Whether single shards must not come back, so that even ranges are no choice.</summary>
    public bool IsAnyPart { get; }

    public bool Forbid(ColdRange left, ColdRange right) =>
        left.IsHeld || right.IsHeld || _edges.Contains(right.Start) || _ranges.Contains((left.Start, right.End));

    /// <summary>The shard that owns a hash key.</summary>
    private static int IndexOf(List<ColdRange> shards, UInt128 hashKey)
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
