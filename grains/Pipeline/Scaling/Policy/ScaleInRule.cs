using Orleans.Kpl.Pipeline.Scaling.Planning;

namespace Orleans.Kpl.Pipeline.Scaling.Policy;

/// <summary>
/// Fewer shards: neighbours whose common demand stayed low for the whole window are merged, coldest first, and those that are nearly so go
/// with them. A range that was split for its load stays so until that load has fallen well below.
/// </summary>
internal sealed class ScaleInRule(ScalingOptions options, ReshardTimes times)
{
    /// <summary>How near to the threshold is nearly: twice the noise of 5 % that must not matter.</summary>
    private const double Nearly = 1.1;

    /// <summary>The share of the demand it was split for at which a range may be put together again.</summary>
    private const double Fallen = 0.7;

    public ScalingProposal? Propose(ScalingState state, ScalingObservation seen)
    {
        var count = seen.Shards.Count;
        if (count <= options.MinShards || options.MergeUtilisation == 0)
            return null;
        var groups = Groups(state, seen);
        if (!IsAnyCold(groups))
            return null;

        var isAllFree = groups.All(static g => !g.IsHeld);
        var merged = Merge(groups, count - options.MinShards);
        var context = new ReshardContext(new OpenShards(seen.Shards.Select(s => s.Range))) { Quotas = seen.Quotas };
        var reason = $"{count} shards can be {count - merged.Count}: for {options.MergeMinutes} minutes none of those merged would have had more than {merged.Max(m => m.Peak):P0} of its limits as demand.";
        var peaks = seen.Shards.OrderBy(s => s.Range.StartingHashKey).Select(s => s.Minutes.TakeLast(options.MergeMinutes).Max(m => m.Utilisation)).ToList();
        if (isAllFree && UniformChange.Find(merged.Count, context, peaks, options.MergeUtilisation, Nearly * options.MergeUtilisation, times, options.MinShards, count) is { } uniform)
            return new ScalingProposal(ScalingDecisionKind.In, $"{reason} UpdateShardCount to {uniform.Result.Count} is faster than merges.", uniform, []);

        var gone = merged.Take(options.StepsPerOperation).Select(m => m.At).ToHashSet();
        var plan = new ReshardPlanner(times).ToBoundaries(context, [.. context.Shards.Boundaries.Where(b => !gone.Contains(b))]);
        return new ScalingProposal(ScalingDecisionKind.In, reason, plan, []);
    }

    /// <summary>Merges the coldest neighbours until none is left that may be.</summary>
    private List<(UInt128 At, double Peak)> Merge(LinkedList<Group> groups, int most)
    {
        var merged = new List<(UInt128 At, double Peak)>();
        var line = new PriorityQueue<(LinkedListNode<Group> Left, LinkedListNode<Group> Right), double>();
        for (var node = groups.First; node?.Next is not null; node = node.Next)
            Enqueue(node);
        while (merged.Count < most && line.TryDequeue(out var pair, out var peak))
        {
            if (pair.Left.List is null || pair.Right.List is null)
                continue;
            merged.Add((pair.Right.Value.Start, peak));
            var joined = groups.AddBefore(pair.Left, Group.Join(pair.Left.Value, pair.Right.Value));
            groups.Remove(pair.Left);
            groups.Remove(pair.Right);
            if (joined.Previous is not null)
                Enqueue(joined.Previous);
            if (joined.Next is not null)
                Enqueue(joined);
        }

        return merged;

        void Enqueue(LinkedListNode<Group> left)
        {
            if (left.Value.IsHeld || left.Next!.Value.IsHeld)
                return;
            var peak = Group.PeakOf(left.Value, left.Next.Value);
            if (peak <= Nearly * options.MergeUtilisation)
                line.Enqueue((left, left.Next), peak);
        }
    }

    private bool IsAnyCold(LinkedList<Group> groups)
    {
        for (var node = groups.First; node?.Next is not null; node = node.Next)
        {
            if (!node.Value.IsHeld && !node.Next.Value.IsHeld && Group.PeakOf(node.Value, node.Next.Value) <= options.MergeUtilisation)
                return true;
        }

        return false;
    }

    private LinkedList<Group> Groups(ScalingState state, ScalingObservation seen)
    {
        var groups = new List<Group>(seen.Shards.Count);
        foreach (var shard in seen.Shards.OrderBy(s => s.Range.StartingHashKey))
        {
            var first = Math.Max(0, shard.Minutes.Count - options.MergeMinutes);
            var demand = new double[shard.Minutes.Count - first];
            var isHeld = demand.Length < options.MergeMinutes;
            for (var i = 0; i < demand.Length; i++)
            {
                demand[i] = shard.Minutes[first + i].Utilisation;
                isHeld |= shard.Minutes[first + i].Throttled > 0;
            }

            groups.Add(new Group(shard.Range.StartingHashKey, shard.Range.EndingHashKey, isHeld, demand));
        }

        foreach (var split in state.Splits)
        {
            var within = groups.SkipWhile(g => g.End < split.Start).TakeWhile(g => g.Start <= split.End).ToList();
            var sum = new double[options.MergeMinutes];
            foreach (var group in within)
                Group.AddTo(sum, group.Demand);
            if (sum.Max() <= Fallen * split.Utilisation)
                continue;
            foreach (var group in within)
                group.IsHeld = true;
        }

        return new LinkedList<Group>(groups);
    }

    /// <summary>Shards that are to be one, and their common demand minute by minute.</summary>
    private sealed class Group(UInt128 start, UInt128 end, bool isHeld, double[] demand)
    {
        public UInt128 Start => start;

        public UInt128 End => end;

        public double[] Demand => demand;

        public bool IsHeld { get; set; } = isHeld;

        public static Group Join(Group left, Group right)
        {
            double[] sum = [.. left.Demand];
            AddTo(sum, right.Demand);
            return new Group(left.Start, right.End, false, sum);
        }

        public static double PeakOf(Group left, Group right)
        {
            var peak = 0.0;
            for (var i = 0; i < left.Demand.Length; i++)
                peak = Math.Max(peak, left.Demand[i] + right.Demand[i]);
            return peak;
        }

        /// <summary>Adds minute by minute, aligned at the newest; a young shard has fewer.</summary>
        public static void AddTo(double[] sum, double[] demand)
        {
            for (var i = 1; i <= demand.Length; i++)
                sum[^i] += demand[^i];
        }
    }
}
