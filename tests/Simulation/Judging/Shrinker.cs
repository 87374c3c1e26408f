using Orleans.Kpl.Simulation.Plans;

namespace Orleans.Kpl.Simulation.Judging;

/// <summary>Makes a history that fails smaller: faults are left out while it still fails, in halves first and then one by one.</summary>
internal static class Shrinker
{
    /// <summary>Returns the smallest history that was found. It fails, perhaps for another reason than the first one.</summary>
    public static HistoryEnd Shrink(HistoryEnd failed, Func<Plan, HistoryEnd> run)
    {
        var smallest = failed;
        for (var part = Math.Max(1, failed.Plan.Faults.Count / 2); ; part = Math.Max(1, part / 2))
        {
            var isSmaller = false;
            for (var from = 0; from < smallest.Plan.Faults.Count;)
            {
                var fewer = smallest.Plan with { Faults = [.. smallest.Plan.Faults.Where((_, i) => i < from || i >= from + part)] };
                var end = run(fewer);
                if (end.HasFailed)
                    (smallest, isSmaller) = (end, true);
                else
                    from += part;
            }

            if (part == 1 && !isSmaller)
                return smallest;
        }
    }
}
