using System.CommandLine;
using System.Diagnostics;
using Orleans.Kpl.Simulation.Judging;
using Orleans.Kpl.Simulation.Scale;

namespace Orleans.Kpl.Simulation.Running;

/// <summary>Runs one seed after the other for some time.</summary>
internal static class ManyHistories
{
    public static int Run(ParseResult arguments)
    {
        var clock = Stopwatch.StartNew();
        var failed = new List<int>();
        var (histories, withClients) = (0, 0);
        var counts = new HistoryCounts();
        foreach (var seed in Arguments.NumbersOf(arguments, Arguments.Seeds) ?? Enumerable.InfiniteSequence(arguments.GetValue(Arguments.First), 1))
        {
            if (!IsWanted())
                break;
            var plan = PlanDice.Draw(seed);
            if (arguments.GetValue(Arguments.Meet) is { } meet && meet != plan.Circumstance)
                continue;
            histories++;
            withClients += plan.Clients > 0 ? 1 : 0;
            var end = History.Run(plan, arguments.GetValue(Arguments.Plant));
            counts.Add(end.Counts);
            if (end.HasFailed || arguments.GetValue(Arguments.All))
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
        if (arguments.GetValue(Arguments.Json))
            Console.WriteLine(Report.Json(histories, clock.Elapsed.TotalMilliseconds, failed, counts));
        return failed.Count == 0 ? 0 : 1;

        bool IsWanted() => histories < arguments.GetValue(Arguments.Histories)
            && (histories < arguments.GetValue(Arguments.Least) || clock.Elapsed.TotalSeconds < arguments.GetValue(Arguments.Seconds));
    }
}

/// <summary>Runs one history, to be read or made smaller.</summary>
internal static class OneHistory
{
    public static int Run(int seed, ParseResult arguments)
    {
        var plan = PlanDice.Draw(seed);
        if (Arguments.NumbersOf(arguments, Arguments.Keep) is { } keep)
            plan = plan with { Faults = [.. plan.Faults.Where(f => keep.Contains(f.Id))] };
        using var output = new StreamWriter(Console.OpenStandardOutput());
        var end = History.Run(plan, arguments.GetValue(Arguments.Plant), arguments.GetValue(Arguments.Trace) ? output.WriteLine : null);
        output.WriteLine(Report.Of(end));
        if (arguments.GetValue(Arguments.Trace))
            output.WriteLine(end.Counts);
        if (arguments.GetValue(Arguments.Shrink) && end.HasFailed)
        {
            var smallest = Shrinker.Shrink(end, p => History.Run(p, arguments.GetValue(Arguments.Plant)));
            foreach (var line in smallest.Plan.Describe())
                output.WriteLine(line);
            output.WriteLine(Report.Of(smallest));
            output.WriteLine(Report.CommandOf(smallest.Plan, arguments.GetValue(Arguments.Plant)));
        }

        if (arguments.GetValue(Arguments.Json))
            output.WriteLine(Report.Json(1, 60_000, end.HasFailed ? [seed] : [], end.Counts));
        return end.HasFailed ? 1 : 0;
    }
}

/// <summary>Runs one cluster at its full size.</summary>
internal static class ScaleHistory
{
    public static int Run(ScalePlan plan, ParseResult arguments)
    {
        using var output = new StreamWriter(Console.OpenStandardOutput());
        Action<string> tell = arguments.GetValue(Arguments.Json) ? static _ => { } : Console.Error.WriteLine;
        var result = ScaleRun.Run(plan, tell, arguments.GetValue(Arguments.Trace) ? output.WriteLine : null);
        foreach (var line in ScaleReport.Table(result))
            output.WriteLine(line);
        output.WriteLine(result.Violation ?? "held");
        if (arguments.GetValue(Arguments.Json))
            output.WriteLine(ScaleReport.Json(result));
        return result.Violation is null ? 0 : 1;
    }
}
