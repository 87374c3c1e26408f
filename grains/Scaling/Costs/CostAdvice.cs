using System.Globalization;
using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Scaling.Costs;

/// <summary>Says what costs least, what decides it, and at which load it turns.</summary>
internal static class CostAdvice
{
    public const string Policy = "provisioned with a policy";
    public const string OnDemand = "on-demand";
    public const string Advantage = "on-demand Advantage";

    /// <param name="isOnDemand">Whether the stream is on-demand now.</param>
    public static string Of(CostLoad load, CostTerms terms, bool isOnDemand)
    {
        var cost = MonthlyCost.Of(load, terms);
        var isFull = cost.Shards > terms.Shards;
        var has = (Name: $"provisioned with the {Quantity.Of(cost.Shards, "shard")} it {(isFull ? "needs" : "has")}", Price: cost.Provisioned);
        var now = isOnDemand ? (Name: OnDemand, Price: cost.OnDemand) : has;
        List<(string Name, double Price)> all = [now, (OnDemand, cost.OnDemand), (Advantage, cost.Advantage)];
        // A policy that may not have the shards for the load is no choice. Where two cost the same, what the stream has is the choice.
        if (load.Peak <= terms.Policy.MaxShards)
            all.Insert(1, (Policy, cost.ByPolicy));
        List<(string Name, double Price)> sorted = [.. all.OrderBy(static a => Math.Round(a.Price, 2))];
        var best = sorted[0];
        var other = best.Name == now.Name ? sorted.FirstOrDefault(a => a.Price - best.Price >= 0.005, sorted[^1]) : now;
        var lacks = isFull && !isOnDemand
            ? Text($" The {Quantity.Of(terms.Shards, "shard")} it has cannot carry the busiest minute, which is {load.Peak:0.##} shards' worth.")
            : "";
        return Text($"{char.ToUpperInvariant(best.Name[0])}{best.Name[1..]} costs least: ${best.Price:N2} a month, ${other.Price - best.Price:N2} less than {other.Name}; {TurnOf(load, terms)}.{lacks}");
    }

    private static string TurnOf(CostLoad load, CostTerms terms)
    {
        if (CostTurn.Of(load, terms) is not { } turn)
            return "no load from a thousandth to a thousand times of this one turns it";
        var (kib, of) = (turn.Factor * load.KiB * terms.Streams, terms.Streams == 1 ? "" : Text($" of all {terms.Streams:N0} streams"));
        var at = kib < 100 ? Text($"{kib:0.###} KiB/s") : Text($"{kib / 1_024:#,0.####} MiB/s");
        return $"{(turn.Factor > 1 ? "above" : "below")} {at}{of} {turn.By} costs less";
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
