using Orleans.Kpl.Scaling.Planning;
using Orleans.Kpl.Texts;
using static System.FormattableString;

namespace Orleans.Kpl.Scaling.Policy;

/// <summary>
/// Reduces shards: neighbours whose common demand stayed low for the whole window are merged, coldest first, together with those that are nearly as
/// cold. A range that was split for its load stays split until that load has fallen well below.
/// </summary>
internal sealed class ScaleInRule(ScalingOptions options)
{
    /// <summary>The factor on the threshold that counts as nearly: twice the noise of 5 % that must not matter.</summary>
    private const double Nearly = 1.1;

    /// <summary>A longer change must save a tenth of the shards: no other change is possible meanwhile.</summary>
    private const double WorthLongChange = 0.1;

    private static readonly TimeSpan LongChange = TimeSpan.FromMinutes(30);

    public ScalingProposal? Propose(ScalingState state, ScalingObservation seen)
    {
        var count = seen.Shards.Count;
        if (count <= options.MinShards || options.MergeUtilisation == 0)
            return null;
        var groups = Groups(seen);
        var kept = new ProtectedSplits(state.Splits, groups, options.MergeMinutes);
        if (!IsAnyCold(groups, kept))
            return null;

        var context = new ReshardContext(new ContiguousShards(seen.Shards.Select(s => s.Range))) { Quotas = seen.Quotas };
        var isAllFree = !kept.IsAnyPart && groups.All(static g => !g.IsHeld);
        var peaks = groups.Select(static g => g.Demand.DefaultIfEmpty().Max()).ToList();
        var merged = Merge(new LinkedList<UncheckedRange>(groups), kept, count - options.MinShards);
        var reason = Invariant(
            $"{count} shards can be {count - merged.Count}: for {Quantity.Of(options.MergeMinutes, "minute")} none of those merged would have had more than {merged.Max(m => m.Peak):P0} of its limits as demand.");
        var least = Math.Max(options.MinShards, kept.MostShards + 1);
        if (isAllFree && UniformChange.Find(merged.Count, context, peaks, options.MergeUtilisation, Nearly * options.MergeUtilisation, least,
            count) is { } uniform)
            return new ScalingProposal(ScalingDecisionKind.In, $"{reason} UpdateShardCount to {uniform.Result.Count} is faster than merges.", uniform, []);

        if (merged.Count * ReshardTimes.Step > LongChange && merged.Count < count * WorthLongChange)
            return null;
        var gone = merged.Take(options.StepsPerOperation).Select(m => m.At).ToHashSet();
        var plan = ReshardPlanner.ToBoundaries(context, [.. context.Shards.Boundaries.Where(b => !gone.Contains(b))]);
        return new ScalingProposal(ScalingDecisionKind.In, reason, plan, []);
    }

    /// <summary>Merges the coldest neighbours until no more may be merged.</summary>
    private List<(UInt128 At, double Peak)> Merge(LinkedList<UncheckedRange> groups, ProtectedSplits kept, int most)
    {
        var merged = new List<(UInt128 At, double Peak)>();
        var line = new PriorityQueue<(LinkedListNode<UncheckedRange> Left, LinkedListNode<UncheckedRange> Right), double>();
        for (var node = groups.First; node?.Next is not null; node = node.Next)
            Enqueue(node);
        while (merged.Count < most && line.TryDequeue(out var pair, out var peak))
        {
            if (pair.Left.List is null || pair.Right.List is null)
                continue;
            merged.Add((pair.Right.Value.Start, peak));
            var joined = groups.AddBefore(pair.Left, UncheckedRange.Join(pair.Left.Value, pair.Right.Value));
            groups.Remove(pair.Left);
            groups.Remove(pair.Right);
            if (joined.Previous is not null)
                Enqueue(joined.Previous);
            if (joined.Next is not null)
                Enqueue(joined);
        }

        return merged;

        void Enqueue(LinkedListNode<UncheckedRange> left)
        {
            if (kept.Forbid(left.Value, left.Next!.Value))
                return;
            var peak = UncheckedRange.PeakOf(left.Value, left.Next.Value);
            if (peak <= Nearly * options.MergeUtilisation)
                line.Enqueue((left, left.Next), peak);
        }
    }

    private bool IsAnyCold(List<UncheckedRange> groups, ProtectedSplits kept) =>
        Enumerable.Range(0, groups.Count - 1)
            .Any(i => !kept.Forbid(groups[i], groups[i + 1]) && UncheckedRange.PeakOf(groups[i], groups[i + 1]) <= options.MergeUtilisation);

    private List<UncheckedRange> Groups(ScalingObservation seen)
    {
        var groups = new List<UncheckedRange>(seen.Shards.Count);
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

            groups.Add(new UncheckedRange(shard.Range.StartingHashKey, shard.Range.EndingHashKey, isHeld, demand));
        }

        return groups;
    }
}
