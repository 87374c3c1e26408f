using System.Text.Json;

namespace Orleans.Kpl.Simulation.Scale;

/// <summary>What a scale run says at its end: a table for people, a line for programs.</summary>
internal static class ScaleReport
{
    /// <summary>The table, in Markdown.</summary>
    public static IEnumerable<string> Table(ScaleRun run)
    {
        var (plan, o) = (run.Plan, run.Outcomes);
        yield return Line($"| {plan.Silos} silos, {plan.Shards} shards ({plan.Ordered} ordered), {run.Simulated.TotalMinutes:F1} simulated minutes | p50 / p99 / most (number) |");
        yield return "|---|---|";
        yield return Line($"| real time; events | {run.Took.TotalSeconds:F0} s; {run.Steps:N0} |");
        yield return Line($"| records put / told delivered / failed / unknown | {o.Put:N0} / {o.Delivered:N0} / {o.Failed:N0} / {o.Unknown:N0} |");
        yield return Line($"| not told, since their caller was lost with its silo | {o.Untold:N0} |");
        yield return Line($"| copies beyond the first; copies that no consumer sees | {o.Duplicates:N0}; {o.Unseen:N0} |");
        if (run.Errors.Count > 0)
            yield return Line($"| errors of outcomes | {string.Join(", ", run.Errors.Select(static e => $"{e.Key} {e.Value}"))} |");
        yield return Line($"| Kinesis records sent; throttled by Kinesis | {run.Service.Entries:N0}; {run.Service.Throttled:N0} |");
        foreach (var stream in run.Streams)
        {
            var (sights, name) = (stream.Contents.Sights, stream.Name);
            yield return Line($"| `{name}`: shards at the end | {stream.Shards.OpenShards.Count:N0} |");
            yield return Line($"| `{name}`: seconds from the loss of the zone to the next owner's first record | {Percentiles.Of(sights.Takeovers)} |");
            yield return Line($"| `{name}`: shards of the lost zone without a record since | {sights.Orphans:N0} |");
            yield return Line($"| `{name}`: shards that moved, seconds between two owners' records | {Percentiles.Of(sights.Moves)} |");
            yield return Line($"| `{name}`: children, seconds from their birth to their first record | {Percentiles.Of(sights.Births)} |");
            yield return Line($"| `{name}`: records per place of a silo, most over mean | {Ratio(stream.Contents.ByHost.Values):F2} |");
        }

        yield return Line($"| seconds of a silo's restart | {Percentiles.Of(run.Restarts)} |");
        foreach (var spread in run.Spreads)
        {
            var values = Line($"{spread.Most} / {spread.Least} / {spread.Ratio:F2}");
            yield return Line($"| shards per silo, {spread.When} ({spread.Silos} silos): most / least / most over mean | {values} |");
        }

        foreach (var rate in run.Quotas)
        {
            var above = rate.Refused > 0 ? Line($", {rate.Refused} above it") : "";
            var mean = rate.Total / run.Simulated.TotalSeconds;
            yield return Line($"| {rate.Name}: mean / peak / quota of a second ({rate.Scope}) | {mean:F2} / {rate.Peak:N0} / {rate.Quota:N0}{above} |");
        }
    }

    /// <summary>One line of JSON: what a program judges.</summary>
    public static string Json(ScaleRun run) => JsonSerializer.Serialize(new
    {
        run.Violation,
        run.Outcomes,
        run.Service.Throttled,
        Takeovers = run.Streams.ToDictionary(static s => s.Name, static s => Percentiles.Of(s.Contents.Sights.Takeovers)),
        Quotas = run.Quotas.Select(static r => new { r.Name, r.Scope, r.Quota, r.Peak, r.Refused }),
    });

    private static double Ratio(IReadOnlyCollection<long> counts) => counts.Count == 0 ? 0 : counts.Max() * (double)counts.Count / counts.Sum();

    private static string Line(FormattableString line) => line.ToString(CultureInfo.InvariantCulture);
}

/// <summary>A distribution of seconds, in three numbers.</summary>
internal readonly record struct Percentiles(double P50, double P99, double Max, int Count)
{
    public static Percentiles Of(IReadOnlyList<double> values)
    {
        if (values.Count == 0)
            return default;
        double[] sorted = [.. values.Order()];
        return new Percentiles(At(sorted, 0.5), At(sorted, 0.99), sorted[^1], sorted.Length);
    }

    public override string ToString() =>
        Count == 0 ? "none" : string.Create(CultureInfo.InvariantCulture, $"{P50:F2} / {P99:F2} / {Max:F2} ({Count:N0})");

    private static double At(double[] sorted, double share) => Math.Round(sorted[(int)Math.Ceiling(share * sorted.Length) - 1], 3);
}
