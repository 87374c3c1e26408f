using Orleans.Kpl.Texts;
using static System.FormattableString;

namespace Orleans.Kpl.Scaling.Costs;

/// <summary>Says what costs least, what decides it, and at which load it turns.</summary>
internal static class CostAdvice
{
    public const string Policy = "provisioned with a policy";
    public const string OnDemand = "on-demand";
    public const string Advantage = "on-demand Advantage";

    /// <param name="isOnDemand">Whether the stream is on-demand now.</param>
    /// <param name="stream">The name of the stream, for the command that makes it so; null on paper.</param>
    public static string Of(CostLoad load, CostTerms terms, bool isOnDemand, string? stream = null)
    {
        var cost = MonthlyCost.Of(load, terms);
        var isFull = cost.Shards > terms.Shards;
        var has = (Name: $"provisioned with the {Quantity.Of(cost.Shards, "shard")} it {(isFull ? "needs" : "has")}", Price: cost.Provisioned);
        var onDemand = terms.IsCommitted ? (Name: Advantage, Price: cost.Advantage) : (Name: OnDemand, Price: cost.OnDemand);
        var now = isOnDemand ? onDemand : has;
        List<(string Name, double Price)> all = [now, onDemand, (Advantage, cost.Advantage)];
        // A policy that may not have the shards for the load is no choice. Where two cost the same, what the stream has is the choice.
        if (load.Peak <= terms.Policy.MaxShards)
            all.Insert(1, (Policy, cost.ByPolicy));
        List<(string Name, double Price)> sorted = [.. all.OrderBy(static a => Math.Round(a.Price, 2))];
        var best = sorted[0];
        var other = best.Name == now.Name ? sorted.FirstOrDefault(a => a.Price - best.Price >= 0.005, sorted[^1]) : now;
        var isSo = best.Name == now.Name || (best.Name == Policy && !isOnDemand && terms.Policy.Mode == ScalingMode.On);
        var how = stream is null || isSo ? "" : $" ({CommandFor(best.Name, isOnDemand, terms.IsCommitted, stream)})";
        var lacks = isFull && !isOnDemand
            ? Invariant($" The {Quantity.Of(terms.Shards, "shard")} it has cannot carry the busiest minute, which is {load.Peak:0.##} shards' worth.")
            : "";
        var committed = !terms.IsCommitted ? ""
            : " The account has the billing commitment: it pays Advantage's least price whatever its streams are, so leaving on-demand saves that part only "
            + "once the commitment has ended.";
        return Invariant($"{char.ToUpperInvariant(best.Name[0])}{best.Name[1..]} costs least{how}: ${best.Price:N2} a month, ${other.Price - best.Price:N2} less than {other.Name}; {TurnOf(load, terms)}.{lacks}{committed}");
    }

    private static string CommandFor(string mode, bool isOnDemand, bool isCommitted, string stream)
    {
        var switches = $"kpl mode {(isOnDemand ? "provisioned" : "on-demand")} --stream {stream}";
        return mode switch
        {
            Policy => $"{(isOnDemand ? $"{switches}, then " : "")}kpl policy on --stream {stream}",
            // The commitment is for all streams of an account, so no verb makes it.
            Advantage when !isCommitted => $"AWS's UpdateAccountSettings{(isOnDemand ? "" : $", then {switches}")}",
            _ => switches,
        };
    }

    private static string TurnOf(CostLoad load, CostTerms terms)
    {
        if (BreakEven.Of(load, terms) is not { } even)
            return "so it does for any load from a thousandth of this one to a thousand times as much";
        var (kib, of) = (even.Factor * load.KiB * terms.Streams, terms.Streams == 1 ? "" : Invariant($" of all {terms.Streams:N0} streams"));
        var at = kib < 100 ? Invariant($"{kib:0.###} KiB/s") : Invariant($"{kib / 1_024:#,0.####} MiB/s");
        return $"{(even.Factor > 1 ? "above" : "below")} {at}{of} {even.By} costs less";
    }
}
