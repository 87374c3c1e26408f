namespace Orleans.Kpl.Scaling.Planning;

/// <summary>Plans the UpdateShardCount calls to a number of shards: each at most doubles, at least halves.</summary>
internal static class UniformSequence
{
    public static List<ReshardStep> Build(UInt128[] from, int target, LoadProfile load, ReshardTimes times, out TimeSpan duration)
    {
        var steps = new List<ReshardStep>();
        duration = TimeSpan.Zero;
        var present = from;
        while (present.Length + 1 != target || steps.Count == 0)
        {
            var count = present.Length + 1;
            var next = target > count ? Math.Min(target, 2 * count) : Math.Max(target, (count + 1) / 2);
            var even = EvenRanges.Boundaries(next, present, 0);
            var changed = even.Length + present.Length - (2 * even.Intersect(present).Count());
            duration += times.UpdateShardCount + (changed * times.UpdateShardCountPerBoundary);
            steps.Add(new ReshardStep(ReshardStepKind.UpdateShardCount, 0, UInt128.MaxValue, 0, next, Moved(present, even, load), $"UpdateShardCount goes from {count} to {next}: at most double, at least half."));
            present = even;
        }

        return steps;
    }

    /// <summary>Returns the share of the load in shards that will no longer exist.</summary>
    private static double Moved(UInt128[] from, UInt128[] to, LoadProfile load)
    {
        var stay = Ranges(from).Intersect(Ranges(to)).Sum(r => load.Weight(r.Start, r.End));
        return Math.Max(0, 1 - stay);
    }

    private static IEnumerable<(UInt128 Start, UInt128 End)> Ranges(UInt128[] boundaries)
    {
        for (var i = 0; i <= boundaries.Length; i++)
            yield return (i == 0 ? 0 : boundaries[i - 1], i == boundaries.Length ? UInt128.MaxValue : boundaries[i] - 1);
    }
}
