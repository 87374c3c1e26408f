using System.Diagnostics;
using System.Globalization;
using Orleans.Kpl.Simulation.Judging;
using Orleans.Kpl.Simulation.Plans;

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
        for (var seed = arguments.First; IsWanted(); seed++)
        {
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
