using System.Text.Json.Nodes;
using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Scaling.Costs;

/// <summary>A load, and the stream that has it.</summary>
/// <param name="Stream">The stream's name; null for a load on paper.</param>
/// <param name="Hours">The load, oldest hour first.</param>
/// <param name="Commitment">The account's billing commitment as AWS calls it; null where it is not known.</param>
internal sealed record SeenLoad(
    string? Stream, string Region, bool IsOnDemand, int Shards, ScalingOptions Policy, IReadOnlyList<LoadSum> Hours, string? Commitment = null)
{
    /// <summary>Says what no load means.</summary>
    public const string None = "this tier has sent nothing to it, or only for less than two minutes, or only before it was first asked; what other producers send is not seen";

    /// <summary>Whether on-demand streams are billed as Advantage.</summary>
    public bool IsCommitted => Commitment is "ENABLED" or "ENABLED_UNTIL_EARLIEST_ALLOWED_END";

    /// <summary>The load of the last so many minutes; null where none was seen.</summary>
    public static SeenLoad? Of(StreamLoad load, ScalingOptions policy, int minutes, string? commitment)
    {
        var hours = CostLoad.Last(load.Hours, minutes);
        return hours.Sum(static h => h.Records) == 0 ? null
            : new SeenLoad(load.Stream, load.Arn.Split(':').ElementAtOrDefault(3) ?? "", load.OnDemand, load.OpenShards, policy, hours, commitment);
    }
}

/// <summary>The cost of a stream: with aggregation and without, by the load of each span that was seen, and the advice that follows.</summary>
internal sealed class StreamCost
{
    /// <summary>The spans that prices are told of.</summary>
    public static readonly (string Word, int Minutes)[] Spans = [("hour", 60), ("day", 24 * 60), ("week", 7 * 24 * 60)];

    private readonly string _region;

    public StreamCost(SeenLoad seen, CostTerms terms, string region, PriceTable table, DateOnly today)
    {
        (Seen, Terms, _region, Table) = (seen, terms, region, table);
        (Load, Alone) = (CostLoad.Of(seen.Hours), CostLoad.Alone(seen.Hours));
        Cost = MonthlyCost.Of(Load, terms);
        CostAlone = MonthlyCost.Of(Alone, terms);
        OfLast = [.. Spans.Where(s => s.Minutes < Minutes).Select(s => (s.Word,
            MonthlyCost.Of(CostLoad.Of(CostLoad.Last(seen.Hours, s.Minutes)), terms with { Shards = Cost.Shards })))];
        var few = seen.Stream is null || Minutes >= 60 ? ""
            : $" That is by {Quantity.Of((long)Minutes, "minute")} of load, too little for a month: look again when an hour was seen.";
        Advice = CostAdvice.Of(Load, terms, seen.IsOnDemand, seen.Stream) + few;
        Warning = table.FindWarning(today);
    }

    public SeenLoad Seen { get; }

    public CostTerms Terms { get; }

    public PriceTable Table { get; }

    public CostLoad Load { get; }

    /// <summary>The load, had every user record been a Kinesis record of its own.</summary>
    public CostLoad Alone { get; }

    public MonthlyCost Cost { get; }

    public MonthlyCost CostAlone { get; }

    /// <summary>The cost by the load of the last hour and day, where more was seen.</summary>
    public IReadOnlyList<(string Span, MonthlyCost Cost)> OfLast { get; }

    /// <summary>The advice: the mode that costs least, what to type for it, the figure that decides it, and the load at which it turns.</summary>
    public string Advice { get; }

    /// <summary>The warning about old prices; null while they are good.</summary>
    public string? Warning { get; }

    /// <summary>The minutes that were seen.</summary>
    public double Minutes => Seen.Hours.Sum(static h => h.Minutes);

    public JsonObject ToJson() => new()
    {
        ["stream"] = Seen.Stream,
        ["region"] = _region,
        ["minutes"] = Minutes,
        ["shards"] = Terms.Shards,
        ["shards_needed"] = Cost.Shards,
        ["policy_shards"] = Cost.PolicyShards,
        ["put_units_per_second"] = Load.PutUnits,
        ["put_units_per_second_without_aggregation"] = Alone.PutUnits,
        ["monthly_usd"] = JsonOf(Cost),
        ["monthly_usd_without_aggregation"] = JsonOf(CostAlone),
        ["monthly_usd_of_last"] = new JsonObject(OfLast.Select(static l => KeyValuePair.Create(l.Span, (JsonNode?)JsonOf(l.Cost)))),
        ["prices_as_of"] = $"{Table.AsOf:yyyy-MM-dd}",
        ["prices_source"] = Table.Source,
        ["recommendation"] = Advice,
        ["warning"] = Warning,
    };

    private static JsonObject JsonOf(MonthlyCost cost) => new()
    {
        ["provisioned"] = cost.Provisioned,
        ["provisioned_by_policy"] = cost.ByPolicy,
        ["on_demand"] = cost.OnDemand,
        ["on_demand_advantage"] = cost.Advantage,
        ["on_demand_advantage_warm"] = cost.Advantage,
    };
}
