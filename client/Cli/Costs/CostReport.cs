using System.Text.Json.Nodes;
using Orleans.Kpl.Cli.Admin;
using Orleans.Kpl.Scaling.Costs;
using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Cli.Costs;

/// <summary>What <c>kpl cost</c> tells: prices with aggregation and without, and what they advise.</summary>
internal sealed class CostReport
{
    private readonly SeenLoad _seen;
    private readonly CostTerms _terms;
    private readonly string _region;
    private readonly PriceTable _table;
    private readonly CostLoad _load;
    private readonly CostLoad _alone;
    private readonly MonthlyCost _cost;
    private readonly MonthlyCost _costAlone;
    private readonly string _advice;
    private readonly string? _warning;

    public CostReport(SeenLoad seen, CostTerms terms, string region, PriceTable table, DateOnly today)
    {
        (_seen, _terms, _region, _table) = (seen, terms, region, table);
        (_load, _alone) = (CostLoad.Of(seen.Hours), CostLoad.Alone(seen.Hours));
        _cost = MonthlyCost.Of(_load, terms);
        // Without aggregation the same load may need more shards than there are.
        _costAlone = MonthlyCost.Of(_alone, terms with { Shards = Math.Max(terms.Shards, (int)Math.Ceiling(_alone.Peak)) });
        _advice = CostAdvice.Of(_load, terms, seen.IsOnDemand);
        _warning = table.FindWarning(today);
    }

    private double Minutes => _seen.Hours.Sum(static h => h.Minutes);

    public string ToText()
    {
        var span = _seen.Stream is null ? "on paper" : $"the last {Quantity.OfTime(TimeSpan.FromMinutes(Minutes))} that were seen";
        var name = _seen.Stream ?? "a stream";
        var who = _terms.Streams == 1 ? name : $"each of {_terms.Streams:N0} streams{(_seen.Stream is null ? "" : $" such as {name}")}";
        var saved = _seen.IsOnDemand ? _costAlone.OnDemand - _cost.OnDemand : _costAlone.Provisioned - _cost.Provisioned;
        var table = new PrintedTable("a month", "USD", "without aggregation");
        foreach (var (mode, cost, alone) in Rows())
            table.Add(mode, $"{cost:N2}", $"{alone:N2}");
        return $"{who} in {_region}, {span}: {RateOf(static h => h.UserRecords):N0} records/s, {RateOf(static h => h.Bytes) / 1_048_576:0.###} MiB/s, at most {_load.Peak:0.##} shards' worth in a minute\n"
            + $"PUT payload units: {_load.PutUnits:N1}/s, without aggregation {_alone.PutUnits:N1}/s; aggregation saves ${saved:N2} a month\n\n{table}\n{_advice}\n"
            + $"On-demand counts {Quantity.Of(_terms.Readers, "reader")}. Warm throughput adds nothing to Advantage, whose least price all streams of the account share.\n"
            + $"Prices of {_table.AsOf:yyyy-MM-dd}, {_table.Source}\n{(_warning is null ? "" : _warning + "\n")}";
    }

    public string ToJson() => new JsonObject
    {
        ["stream"] = _seen.Stream,
        ["region"] = _region,
        ["minutes"] = Minutes,
        ["shards"] = _terms.Shards,
        ["policy_shards"] = _cost.PolicyShards,
        ["put_units_per_second"] = _load.PutUnits,
        ["put_units_per_second_without_aggregation"] = _alone.PutUnits,
        ["monthly_usd"] = JsonOf(_cost),
        ["monthly_usd_without_aggregation"] = JsonOf(_costAlone),
        ["prices_as_of"] = $"{_table.AsOf:yyyy-MM-dd}",
        ["prices_source"] = _table.Source,
        ["recommendation"] = _advice,
        ["warning"] = _warning,
    }.ToJsonString() + "\n";

    private static JsonObject JsonOf(MonthlyCost cost) => new()
    {
        ["provisioned"] = cost.Provisioned,
        ["provisioned_by_policy"] = cost.ByPolicy,
        ["on_demand"] = cost.OnDemand,
        ["on_demand_advantage"] = cost.Advantage,
        ["on_demand_advantage_warm"] = cost.Advantage,
    };

    private IEnumerable<(string Name, double Cost, double Alone)> Rows() =>
    [
        ($"provisioned, {Quantity.Of(_terms.Shards, "shard")}", _cost.Provisioned, _costAlone.Provisioned),
        ($"provisioned with a policy, {_cost.PolicyShards:0.##} on average", _cost.ByPolicy, _costAlone.ByPolicy),
        ("on-demand", _cost.OnDemand, _costAlone.OnDemand),
        ("on-demand Advantage", _cost.Advantage, _costAlone.Advantage),
    ];

    private double RateOf(Func<LoadSum, long> sum) => _seen.Hours.Sum(sum) / (60 * Minutes);
}
