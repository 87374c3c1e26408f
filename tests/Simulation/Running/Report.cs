using System.Text.Json;
using Orleans.Kpl.Simulation.Judging;

namespace Orleans.Kpl.Simulation.Running;

/// <summary>What the simulator says about histories.</summary>
internal static class Report
{
    public static string Of(HistoryEnd end) => string.Create(
        CultureInfo.InvariantCulture,
        $"seed {end.Plan.Seed}: {end.Records} records, {end.Steps} events, {TimeSpan.FromTicks(end.Ticks).TotalSeconds:F1} simulated seconds: {end.Violation ?? "held"}");

    /// <summary>How to run a history again.</summary>
    public static string CommandOf(Plan plan, PlantedDefect planted)
    {
        var keep = plan.Faults.Count == 0 ? "none" : string.Join(',', plan.Faults.Select(static f => f.Id));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"dotnet run -c Release --project tests/Simulation -- --seed {plan.Seed} --keep {keep}{(planted == PlantedDefect.None ? "" : $" --plant {planted}")} --trace");
    }

    public static string Json(int histories, double milliseconds, IReadOnlyList<int> failed, HistoryCounts counts) => JsonSerializer.Serialize(new
    {
        histories,
        failed = failed.Count,
        per_minute = (long)(histories * 60_000 / Math.Max(1, milliseconds)),
        failed_seeds = failed,
        counts,
    });
}
