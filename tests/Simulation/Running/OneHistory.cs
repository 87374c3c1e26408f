using Orleans.Kpl.Simulation.Judging;
using Orleans.Kpl.Simulation.Plans;

namespace Orleans.Kpl.Simulation.Running;

/// <summary>Runs one history, to be read or made smaller.</summary>
internal static class OneHistory
{
    public static int Run(int seed, Arguments arguments)
    {
        var plan = PlanDice.Draw(seed);
        if (arguments.Keep is { } keep)
            plan = plan with { Faults = [.. plan.Faults.Where(f => keep.Contains(f.Id))] };
        using var output = new StreamWriter(Console.OpenStandardOutput());
        var end = History.Run(plan, arguments.Planted, arguments.Trace ? output.WriteLine : null);
        output.WriteLine(Report.Of(end));
        if (arguments.Trace)
            output.WriteLine(end.Counts);
        if (arguments.Shrink && end.HasFailed)
        {
            var smallest = Shrinker.Shrink(end, p => History.Run(p, arguments.Planted));
            foreach (var line in smallest.Plan.Describe())
                output.WriteLine(line);
            output.WriteLine(Report.Of(smallest));
            output.WriteLine(Report.CommandOf(smallest.Plan, arguments.Planted));
        }

        if (arguments.Json)
            output.WriteLine(Report.Json(1, 60_000, end.HasFailed ? [seed] : [], end.Counts));
        return end.HasFailed ? 1 : 0;
    }
}
