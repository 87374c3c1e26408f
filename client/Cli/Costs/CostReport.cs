using Orleans.Kpl.Cli.Admin;
using Orleans.Kpl.Scaling.Costs;
using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Cli.Costs;

/// <summary>The output of <c>kpl cost</c> for people.</summary>
internal static class CostReport
{
    public static string TextOf(StreamCost cost, string region)
    {
        var (seen, terms) = (cost.Seen, cost.Terms);
        var span = seen.Stream is null ? "on paper" : $"the last {Quantity.OfTime(TimeSpan.FromMinutes(cost.Minutes))} that were seen";
        var name = seen.Stream ?? "a stream";
        var who = terms.Streams == 1 ? name : $"each of {terms.Streams:N0} streams{(seen.Stream is null ? "" : $" such as {name}")}";
        Func<MonthlyCost, double> now = !seen.IsOnDemand ? static c => c.Provisioned : seen.IsCommitted ? static c => c.Advantage : static c => c.OnDemand;
        var saved = now(cost.CostAlone) - now(cost.Cost);
        var table = new PrintedTable(["a month", "USD", "without aggregation", .. cost.OfLast.Select(static l => $"by the last {l.Span}")]);
        foreach (var (mode, price) in Rows(cost))
            table.Add([mode, .. cost.OfLast.Select(static l => l.Cost).Prepend(cost.CostAlone).Prepend(cost.Cost).Select(c => $"{price(c):N2}")]);
        return $"{who} in {region}, {span}: {RateOf(static h => h.UserRecords):N0} records/s, {RateOf(static h => h.Bytes) / 1_048_576:0.###} MiB/s, at most {cost.Load.Peak:0.##} shards' worth in a minute\n"
            + $"PUT payload units: {cost.Load.PutUnits:N1}/s, without aggregation {cost.Alone.PutUnits:N1}/s; aggregation saves ${saved:N2} a month\n\n{table}\n{cost.Advice}\n"
            + $"On-demand counts {Quantity.Of(terms.Readers, "reader")}. Warm throughput adds nothing to Advantage, whose least price all streams of the account share.\n"
            + $"Prices of {cost.Table.AsOf:yyyy-MM-dd}, {cost.Table.Source}\n{(cost.Warning is null ? "" : cost.Warning + "\n")}";

        double RateOf(Func<LoadSum, long> sum) => seen.Hours.Sum(sum) / (60 * cost.Minutes);
    }

    private static IEnumerable<(string Name, Func<MonthlyCost, double> Price)> Rows(StreamCost cost) =>
    [
        ($"provisioned, {Quantity.Of(cost.Cost.Shards, "shard")}{(cost.Cost.Shards > cost.Terms.Shards ? " needed" : "")}", static c => c.Provisioned),
        ($"provisioned with a policy, {cost.Cost.PolicyShards:0.##} on average", static c => c.ByPolicy),
        ("on-demand", static c => c.OnDemand),
        ("on-demand Advantage, of the account", static c => c.Advantage),
    ];
}
