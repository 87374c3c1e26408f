namespace Orleans.Kpl.Scaling.Costs;

/// <summary>
/// Finds the load nearest to a load at which another mode costs least, up to a thousand times as much and a thousandth. The shards that a policy has
/// jump at many loads, so spans of loads are judged by the least and the most that they cost, and halved where that does not decide.
/// </summary>
internal sealed class BreakEven
{
    private const double Most = 1_000;

    /// <summary>Spans next to the load are halved down to a two thousandth of it; others may be wider, the further away they are.</summary>
    private const double Step = 0.0005;

    /// <summary>A saving of less than a thousandth turns nothing. More than a step it must save over more than a step.</summary>
    private const double Worth = 0.001;

    private static readonly (string Name, Func<MonthlyCost, double> Of)[] AllModes =
        [(CostAdvice.Policy, static c => c.ByPolicy), (CostAdvice.OnDemand, static c => c.OnDemand), (CostAdvice.Advantage, static c => c.Advantage)];

    private readonly CostLoad _load;
    private readonly CostTerms _terms;
    private readonly (string Name, Func<MonthlyCost, double> Of)[] _modes;
    private readonly (string Name, Func<MonthlyCost, double> Of) _best;

    /// <summary>How far the best mode is known to be the best.</summary>
    private double _same;

    private BreakEven(CostLoad load, CostTerms terms)
    {
        (_load, _terms) = (load, terms with { Shards = terms.Policy.MinShards, Policy = terms.Policy with { MaxShards = int.MaxValue } });
        _modes = terms.IsCommitted ? [.. AllModes.Where(static m => m.Name != CostAdvice.OnDemand)] : AllModes;
        _best = CheapestAt(1);
    }

    /// <summary>Returns how many times as much that load is, and what costs least beyond it; null for none.</summary>
    public static (double Factor, string By)? Of(CostLoad load, CostTerms terms) => load.KiB > 0 ? new BreakEven(load, terms).Find() : null;

    private (string Name, Func<MonthlyCost, double> Of) CheapestAt(double factor)
    {
        var cost = MonthlyCost.Between(_load, _terms, factor, factor).Least;
        return _modes.MinBy(m => m.Of(cost));
    }

    private (double Factor, string By)? Find()
    {
        (double Same, double Turned)? nearest = null;
        foreach (var isAbove in (bool[])[true, false])
        {
            _same = 1;
            var most = nearest?.Turned ?? Most;
            if (Find(1, isAbove ? most : 1 / most) is { } found)
                nearest = (_same, found);
        }

        if (nearest is not var (same, turned))
            return null;
        var by = CheapestAt(turned).Name;
        for (var k = 0; k < 20; k++)
        {
            var middle = (same + turned) / 2;
            (same, turned) = Saved(middle, middle) <= 0 ? (middle, turned) : (same, middle);
        }

        return (turned, by);
    }

    /// <summary>Finds the load nearest to one end of a span at which another mode saves enough.</summary>
    private double? Find(double near, double far)
    {
        var saved = Saved(near, far);
        if (saved <= 0)
            _same = far;
        if (saved <= Worth)
            return null;
        if (near == far)
            return far;
        var middle = Math.Sqrt(near * far);
        var isNarrow = Math.Abs(Math.Log(far / near)) < Step * (1 + (2 * Math.Abs(Math.Log(near))));
        return isNarrow ? Find(far, far) : Find(near, middle) ?? Find(middle, far);
    }

    /// <summary>The most that another mode saves within a span, as a share of the price.</summary>
    private double Saved(double near, double far)
    {
        var (least, most) = MonthlyCost.Between(_load, _terms, Math.Min(near, far), Math.Max(near, far));
        var (price, other) = (_best.Of(most), _modes.Where(m => m.Name != _best.Name).Min(m => m.Of(least)));
        return price > 0 ? 1 - (other / price) : 0;
    }
}
