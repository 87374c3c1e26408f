using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Load;
using static System.FormattableString;

namespace Orleans.Kpl.Scaling.Planning;

/// <summary>The three ways to choose where a shard is split. Kinesis refuses a split of which a part would have fewer than two hash keys.</summary>
internal static class SplitPoints
{
    /// <summary>Whether Kinesis splits the shard at all.</summary>
    public static bool CanSplit(ShardRange shard) => shard.EndingHashKey - shard.StartingHashKey >= 3;

    /// <summary>Chooses a given hash key, at which the second child will start.</summary>
    /// <exception cref="StreamManagerException">The key is not within the shard.</exception>
    public static ChosenSplit At(ShardRange shard, UInt128 key, ShardLoadReport? load)
    {
        RequireKeys(shard);
        if (key != Within(shard, key))
            throw new StreamManagerException(StreamManagerErrorCodes.KeyOutsideRange, $"{shard.ShardId} cannot be split at {key}: it holds {shard.StartingHashKey} to {shard.EndingHashKey}, and a split key lies two or more above the first and below the last.");
        return Judge(shard, key, load);
    }

    /// <summary>Chooses the middle of the range.</summary>
    /// <exception cref="StreamManagerException">The shard holds too few hash keys.</exception>
    public static ChosenSplit Middle(ShardRange shard, ShardLoadReport? load)
    {
        RequireKeys(shard);
        return Judge(shard, MiddleOf(shard), load);
    }

    /// <summary>Chooses the median of the observed load, or the middle where no load was observed.</summary>
    /// <exception cref="StreamManagerException">The shard holds too few hash keys.</exception>
    public static ChosenSplit Weighted(ShardRange shard, ShardLoadReport? load)
    {
        RequireKeys(shard);
        var key = HasLoad(load) ? LoadProfile.From([load!]).KeyAt(0.5) : MiddleOf(shard);
        var best = Judge(shard, Within(shard, key), load);
        // Around a heavy key the median may be on either side of it.
        foreach (var heavy in load?.HotKeys.Where(k => shard.Contains(k.Hash)) ?? [])
        {
            foreach (var beside in (UInt128[])[heavy.Hash, heavy.Hash == UInt128.MaxValue ? heavy.Hash : heavy.Hash + 1])
            {
                var other = Judge(shard, Within(shard, beside), load);
                best = Math.Abs(other.LowerShare - 0.5) < Math.Abs(best.LowerShare - 0.5) - 1e-9 ? other : best;
            }
        }

        return best;
    }

    /// <summary>Cuts a shard into pieces of equal load; fewer pieces than requested where heavy keys do not allow more.</summary>
    public static IReadOnlyList<UInt128> Pieces(ShardRange shard, ShardLoadReport? load, int pieces)
    {
        var profile = HasLoad(load) ? LoadProfile.From([load!]) : LoadProfile.Flat(shard);
        var keys = new List<UInt128>();
        var from = shard.StartingHashKey;
        for (var i = 1; i < pieces; i++)
        {
            var (key, rest) = (profile.KeyAt((double)i / pieces), shard with { StartingHashKey = from });
            if (key <= from || !CanSplit(rest))
                continue;
            key = Within(rest, key);
            // A piece with next to no load is not worth its shard.
            if (profile.Weight(from, key - 1) < 0.2 / pieces || profile.Weight(key, shard.EndingHashKey) < 0.2 / pieces)
                continue;
            keys.Add(key);
            from = key;
        }

        return keys;
    }

    private static ChosenSplit Judge(ShardRange shard, UInt128 key, ShardLoadReport? load)
    {
        if (!HasLoad(load))
            return new ChosenSplit(key, (double)(key - shard.StartingHashKey) / ((double)(shard.EndingHashKey - shard.StartingHashKey) + 1), null);
        var heaviest = load!.HotKeys.FirstOrDefault(k => shard.Contains(k.Hash));
        return new ChosenSplit(key, LoadProfile.From([load]).Below(key), heaviest?.Share > ChosenSplit.DominantShare ? heaviest : null);
    }

    /// <summary>Whether load was observed: otherwise a shard counts as evenly loaded.</summary>
    public static bool HasLoad(ShardLoadReport? load) => load is not null && load.Histogram.Any(static w => w > 0);

    private static UInt128 MiddleOf(ShardRange shard) => shard.StartingHashKey + ((shard.EndingHashKey - shard.StartingHashKey) / 2) + 1;

    private static UInt128 Within(ShardRange shard, UInt128 key) => UInt128.Clamp(key, shard.StartingHashKey + 2, shard.EndingHashKey - 1);

    private static void RequireKeys(ShardRange shard)
    {
        if (!CanSplit(shard))
            throw new StreamManagerException(StreamManagerErrorCodes.CannotBeSplit, $"{shard.ShardId} cannot be split: it holds {shard.StartingHashKey} to {shard.EndingHashKey}, and each part would need two hash keys.");
    }
}

/// <summary>The hash key at which a shard is split, and what the split does to its load.</summary>
/// <param name="Key">The hash key at which the second child starts.</param>
/// <param name="LowerShare">The first child's share of the shard's load.</param>
/// <param name="Dominant">The key with most of the load, where there is one: no split can divide its load.</param>
internal sealed record ChosenSplit(UInt128 Key, double LowerShare, HotKey? Dominant)
{
    /// <summary>A key with more than this share of a shard's load dominates it.</summary>
    public const double DominantShare = 0.8;

    /// <summary>Gets whether the split takes enough load off the heavier child to be worth a shard.</summary>
    public bool Helps => Dominant is null && Math.Max(LowerShare, 1 - LowerShare) <= DominantShare;

    /// <summary>Describes the effect of the split, in a sentence.</summary>
    public string Describe() => Dominant is { } key
        ? Invariant($"No split can help: one key{(key.Key is null ? "" : $" '{key.Key}'")} with hash key {key.Hash} is {key.Share:P0} of the load.")
        : Invariant($"The children get {LowerShare:P0} and {1 - LowerShare:P0} of the load.");
}
