using System.Globalization;
using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Scaling.Costs;

/// <summary>Says what costs least, what decides it, and at which load it turns.</summary>
internal static class CostAdvice
{
    private const string Policy = "provisioned with a policy";
    private const string OnDemand = "on-demand";
    private const string Advantage = "on-demand Advantage";

    /// <summary>Loads are tried in steps of a two thousandth, up to a thousand times as much and a thousandth.</summary>
    private const double Step = 1.0005;
    private const int Steps = 13_819;

    /// <summary>A saving of less than a thousandth turns nothing. More than a step it must save over more than a step.</summary>
    private const double Worth = 0.001;

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

    /// <summary>Finds the load nearest to this one at which another mode costs least.</summary>
    private static string TurnOf(CostLoad load, CostTerms terms)
    {
        var unbounded = terms with { Shards = terms.Policy.MinShards, Policy = terms.Policy with { MaxShards = int.MaxValue } };
        var best = At(1).MinBy(static m => m.Price).Name;
        // How far the best one is the best, to either side.
        double[] far = [1, 1];
        for (var i = 1; i <= Steps && load.KiB > 0; i++)
        {
            foreach (var (side, factor) in ((double[])[Math.Pow(Step, i), Math.Pow(Step, -i)]).Index())
            {
                var found = Saved(factor);
                if (found.Share <= Worth)
                {
                    far[side] = found.Share <= 0 ? factor : far[side];
                    continue;
                }

                var (same, turned) = (far[side], factor);
                for (var k = 0; k < 20; k++)
                {
                    var middle = (same + turned) / 2;
                    (same, turned) = Saved(middle).Share <= 0 ? (middle, turned) : (same, middle);
                }

                var (kib, of) = (turned * load.KiB * terms.Streams, terms.Streams == 1 ? "" : Text($" of all {terms.Streams:N0} streams"));
                var at = kib < 100 ? Text($"{kib:0.###} KiB/s") : Text($"{kib / 1_024:#,0.####} MiB/s");
                return $"{(factor > 1 ? "above" : "below")} {at}{of} {found.By} costs less";
            }
        }

        return "no load from a thousandth to a thousand times of this one turns it";

        (string Name, double Price)[] At(double factor)
        {
            var cost = MonthlyCost.Of(load.Times(factor), unbounded);
            return [(Policy, cost.ByPolicy), (OnDemand, cost.OnDemand), (Advantage, cost.Advantage)];
        }

        // What another mode saves at a load, as a share of the price.
        (string By, double Share) Saved(double factor)
        {
            var modes = At(factor);
            var least = modes.MinBy(static m => m.Price);
            return (least.Name, 1 - (least.Price / Array.Find(modes, m => m.Name == best).Price));
        }
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
