using static System.FormattableString;

namespace Orleans.Kpl.Scaling.Planning;

/// <summary>
/// Orders the steps from today's boundaries to others. Each new boundary takes one split, each removed one takes one merge, which is the least
/// possible. Splits come before merges: every other order moves as many records or more, and no shard is ever larger than it was or will be. Only
/// where the shard limit requires it do merges come first, to free shards.
/// </summary>
internal static class ReshardSequence
{
    private readonly record struct Change(UInt128 At, double Weight, int Depth);

    /// <param name="from">Starts of today's shards but the first, ascending.</param>
    /// <param name="to">Starts of the future shards but the first, ascending.</param>
    /// <param name="load">The distribution of the load.</param>
    /// <param name="mostShards">The most shards that may be open at once; null where there is no limit.</param>
    /// <returns>The maximum number of shards that are open at once; it is above the limit where the limit cannot be kept.</returns>
    public static int Build(UInt128[] from, UInt128[] to, LoadProfile load, int? mostShards, out List<ShardPlanStep> steps)
    {
        UInt128[] all = [.. from.Union(to).Order()];
        var splits = Changes(from, all, load);
        splits.Sort(static (a, b) => a.Weight != b.Weight ? b.Weight.CompareTo(a.Weight) : a.Depth.CompareTo(b.Depth));
        var merges = Changes(to, all, load);
        merges.Sort(static (a, b) => a.Weight != b.Weight ? a.Weight.CompareTo(b.Weight) : b.Depth.CompareTo(a.Depth));

        steps = new List<ShardPlanStep>(splits.Count + merges.Count);
        var present = from.ToList();
        var peak = from.Length + 1;
        for (var (split, merge) = (0, 0); split < splits.Count || merge < merges.Count;)
        {
            var hasSpace = mostShards is null || present.Count + 2 <= mostShards;
            var isSplit = split < splits.Count && (hasSpace || merge == merges.Count);
            steps.Add(StepAt(present, isSplit ? splits[split++].At : merges[merge++].At, load));
            peak = Math.Max(peak, present.Count + 1);
        }

        return peak;
    }

    /// <summary>Returns the cuts, or with the roles exchanged the merges, between the coarse and the fine boundaries.</summary>
    private static List<Change> Changes(UInt128[] coarse, UInt128[] fine, LoadProfile load)
    {
        var changes = new List<Change>();
        var next = 0;
        for (var i = 0; i <= coarse.Length; i++)
        {
            var first = next;
            while (next < fine.Length && (i == coarse.Length || fine[next] != coarse[i]))
                next++;
            if (next > first)
                AddTree(changes, fine[first..next], EvenRanges.Between(coarse, i), load);
            next++;
        }

        return changes;
    }

    private static void AddTree(List<Change> changes, UInt128[] within, (UInt128 Start, UInt128 End) range, LoadProfile load)
    {
        UInt128[] starts = [range.Start, .. within];
        double[] weights = [.. starts.Select((s, i) => load.Weight(s, LastOf(i)))];
        foreach (var node in BoundaryTree.Build(weights))
            changes.Add(new Change(starts[node.Index + 1], load.Weight(starts[node.First], LastOf(node.Last)), node.Depth));

        UInt128 LastOf(int piece) => piece + 1 < starts.Length ? starts[piece + 1] - 1 : range.End;
    }

    /// <summary>Splits the shard that has the boundary within it, or merges the two that have it between them.</summary>
    private static ShardPlanStep StepAt(List<UInt128> present, UInt128 at, LoadProfile load)
    {
        var index = present.BinarySearch(at);
        var isSplit = index < 0;
        if (isSplit)
            index = ~index;
        else
            present.RemoveAt(index);
        var (start, end) = EvenRanges.Between(present, index);
        if (isSplit)
            present.Insert(index, at);
        var (whole, low, high) = (load.Weight(start, end), load.Weight(start, at - 1), load.Weight(at, end));
        return new ShardPlanStep
        {
            Kind = isSplit ? ReshardStepKind.Split : ReshardStepKind.Merge,
            StartingHashKey = start,
            EndingHashKey = end,
            At = at,
            MovedShare = whole,
            Reason = isSplit
                ? Invariant($"A shard with {whole:P1} of the load becomes two with {low:P1} and {high:P1}.")
                : Invariant($"Two shards with {low:P1} and {high:P1} of the load become one."),
        };
    }
}

/// <summary>Plans the UpdateShardCount calls to a number of shards: each at most doubles, at least halves.</summary>
internal static class UniformSequence
{
    public static List<ShardPlanStep> Build(UInt128[] from, int target, LoadProfile load, out TimeSpan duration)
    {
        var steps = new List<ShardPlanStep>();
        duration = TimeSpan.Zero;
        var present = from;
        while (present.Length + 1 != target || steps.Count == 0)
        {
            var count = present.Length + 1;
            var next = target > count ? Math.Min(target, 2 * count) : Math.Max(target, (count + 1) / 2);
            var even = EvenRanges.Boundaries(next, present, 0);
            var changed = even.Length + present.Length - (2 * even.Intersect(present).Count());
            duration += ReshardTimes.UpdateShardCount + (changed * ReshardTimes.UpdateShardCountPerBoundary);
            steps.Add(new ShardPlanStep
            {
                Kind = ReshardStepKind.UpdateShardCount,
                EndingHashKey = UInt128.MaxValue,
                Shards = next,
                MovedShare = Moved(present, even, load),
                Reason = $"UpdateShardCount goes from {count} to {next}: at most double, at least half.",
            });
            present = even;
        }

        return steps;
    }

    /// <summary>Returns the share of the load in shards that will no longer exist.</summary>
    private static double Moved(UInt128[] from, UInt128[] to, LoadProfile load)
    {
        var stay = EvenRanges.Between(from).Intersect(EvenRanges.Between(to)).Sum(r => load.Weight(r.Start, r.End));
        return Math.Max(0, 1 - stay);
    }
}

/// <summary>
/// How long Kinesis takes, as far as it can be estimated: AWS publishes no figures. A split or merge must find the stream ACTIVE, and so waits for the
/// previous one; it is known to take about half a minute. UpdateShardCount "could take a few minutes, depending on the size" (its page); the time for each
/// of its own splits and merges is an estimate from that.
/// </summary>
internal static class ReshardTimes
{
    /// <summary>From the call of one split or merge until the stream is ACTIVE again.</summary>
    public static readonly TimeSpan Step = TimeSpan.FromSeconds(30);

    /// <summary>The least that UpdateShardCount takes.</summary>
    public static readonly TimeSpan UpdateShardCount = TimeSpan.FromSeconds(30);

    /// <summary>What UpdateShardCount takes more for each boundary that it adds or removes.</summary>
    public static readonly TimeSpan UpdateShardCountPerBoundary = TimeSpan.FromSeconds(0.5);
}
