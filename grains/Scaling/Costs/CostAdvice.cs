using System.Globalization;
using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Scaling.Costs;

/// <summary>Says what costs least, what decides it, and at which load it turns.</summary>
internal static class CostAdvice
{
    private const string Policy = "provisioned with a policy";
    private const string OnDemand = "on-demand";
    private const string Advantage = "on-demand Advantage";

    /// <summary>Loads are tried in steps of a twentieth, up to a thousand times as much and a thousandth.</summary>
    private const double Step = 1.05;
    private const int Steps = 142;

    /// <param name="isOnDemand">Whether the stream is on-demand now.</param>
    public static string Of(CostLoad load, CostTerms terms, bool isOnDemand)
    {
        var cost = MonthlyCost.Of(load, terms);
        var has = $"provisioned with the {Quantity.Of(terms.Shards, "shard")} it has";
        var now = isOnDemand ? (Name: OnDemand, Price: cost.OnDemand) : (Name: has, Price: cost.Provisioned);
        List<(string Name, double Price)> all = [now, (Policy, cost.ByPolicy), (OnDemand, cost.OnDemand), (Advantage, cost.Advantage)];
        // Shards that do not carry the load are no choice. Where two cost the same, what the stream has is the choice.
        List<(string Name, double Price)> able =
        [
            .. all.Where(a => load.Peak <= (a.Name == has ? terms.Shards : a.Name == Policy ? terms.Policy.MaxShards : int.MaxValue))
                .OrderBy(static a => Math.Round(a.Price, 2)),
        ];
        var best = able[0];
        var other = best.Name == now.Name ? able.FirstOrDefault(a => a.Price - best.Price >= 0.005, able[^1]) : now;
        var difference = other.Price - best.Price;
        var compared = difference >= 0 ? Text($"${difference:N2} less than {other.Name}")
            : Text($"${-difference:N2} more than {other.Name}, which its busiest minute overloads ({load.Peak:0.##} shards)");
        return Text($"{char.ToUpperInvariant(best.Name[0])}{best.Name[1..]} costs least: ${best.Price:N2} a month, {compared}; {TurnOf(load, terms)}.");
    }

    /// <summary>Finds the load nearest to this one at which another mode costs least.</summary>
    private static string TurnOf(CostLoad load, CostTerms terms)
    {
        var unbounded = terms with { Shards = terms.Policy.MinShards, Policy = terms.Policy with { MaxShards = int.MaxValue } };
        var best = BestAt(1);
        for (var i = 1; i <= Steps && load.KiB > 0; i++)
        {
            foreach (var factor in (double[])[Math.Pow(Step, i), Math.Pow(Step, -i)])
            {
                var other = BestAt(factor);
                if (other == best)
                    continue;
                var (same, turned) = (factor > 1 ? factor / Step : factor * Step, factor);
                for (var k = 0; k < 20; k++)
                {
                    var middle = (same + turned) / 2;
                    (same, turned) = BestAt(middle) == best ? (middle, turned) : (same, middle);
                }

                var of = terms.Streams == 1 ? "" : Text($" of all {terms.Streams:N0} streams");
                return Text($"{(factor > 1 ? "above" : "below")} {turned * load.KiB * terms.Streams / 1_024:#,0.####} MiB/s{of} {other} costs less");
            }
        }

        return "no load from a thousandth to a thousand times of this one turns it";

        string BestAt(double factor)
        {
            var cost = MonthlyCost.Of(load.Times(factor), unbounded);
            return cost.ByPolicy <= cost.OnDemand && cost.ByPolicy <= cost.Advantage ? Policy
                : cost.OnDemand <= cost.Advantage ? OnDemand : Advantage;
        }
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
