using System.Diagnostics;
using Orleans.Kpl.Simulation.Judging;
using Orleans.Kpl.Simulation.Scale;

namespace Orleans.Kpl.Simulation.Running;

/// <summary>Runs one seed after the other for some time.</summary>
internal static class ManyHistories
{
    public static int Run(Arguments arguments)
    {
        var clock = Stopwatch.StartNew();
        var failed = new List<int>();
        var (histories, withClients) = (0, 0);
        var counts = new HistoryCounts();
        foreach (var seed in arguments.Seeds ?? Enumerable.InfiniteSequence(arguments.First, 1))
        {
            if (!IsWanted())
                break;
            var plan = PlanDice.Draw(seed);
            if (arguments.Meet is { } meet && meet != plan.Circumstance)
                continue;
            histories++;
            withClients += plan.Clients > 0 ? 1 : 0;
            var end = History.Run(plan, arguments.Planted);
            counts.Add(end.Counts);
            if (end.HasFailed || arguments.All)
                Console.WriteLine(Report.Of(end));
            if (!end.HasFailed)
                continue;
            failed.Add(seed);
            // What spins goes on spinning, and no further history could be trusted.
            if (end.Spins)
                break;
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{histories} histories, {withClients} with clients, {failed.Count} failed, in {clock.Elapsed.TotalSeconds:F1} s"));
        Console.WriteLine(counts);
        if (arguments.Json)
            Console.WriteLine(Report.Json(histories, clock.Elapsed.TotalMilliseconds, failed, counts));
        return failed.Count == 0 ? 0 : 1;

        bool IsWanted() => histories < arguments.Histories && (histories < arguments.Least || clock.Elapsed.TotalSeconds < arguments.Seconds);
    }
}

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

/// <summary>Runs one cluster at its full size.</summary>
internal static class ScaleHistory
{
    public static int Run(Arguments arguments)
    {
        using var output = new StreamWriter(Console.OpenStandardOutput());
        var result = ScaleRun.Run(arguments.Scale!, arguments.Json ? static _ => { } : Console.Error.WriteLine, arguments.Trace ? output.WriteLine : null);
        foreach (var line in ScaleReport.Table(result))
            output.WriteLine(line);
        output.WriteLine(result.Violation ?? "held");
        if (arguments.Json)
            output.WriteLine(ScaleReport.Json(result));
        return result.Violation is null ? 0 : 1;
    }
}
