namespace Orleans.Kpl.Scaling.Costs;

/// <summary>The price of a load in a month of 730 hours, in US dollars, in each capacity mode.</summary>
/// <param name="Provisioned">With the shards that the stream has, or with those that its busiest minute needs where that is more.</param>
/// <param name="ByPolicy">With the shards that the policy would have.</param>
/// <param name="OnDemand">On-demand, with what is read.</param>
/// <param name="Advantage">On-demand Advantage, with what is read; warm throughput has no price of its own.</param>
/// <param name="Shards">How many shards <paramref name="Provisioned"/> counts.</param>
/// <param name="PolicyShards">How many shards the policy would have, on average.</param>
internal sealed record MonthlyCost(double Provisioned, double ByPolicy, double OnDemand, double Advantage, int Shards, double PolicyShards)
{
    private const double Hours = 730;
    private const double Seconds = Hours * 3_600;

    /// <param name="load">The load of one stream.</param>
    /// <param name="terms">The prices and rules that decide.</param>
    public static MonthlyCost Of(CostLoad load, CostTerms terms) => Between(load, terms, 1, 1).Least;

    /// <summary>The least and the most that the load costs, were it <paramref name="least"/> to <paramref name="most"/> times as much.</summary>
    public static (MonthlyCost Least, MonthlyCost Most) Between(CostLoad load, CostTerms terms, double least, double most)
    {
        var shards = PolicyShardsOf(load.Peaks, terms.Shards, terms.Policy, least, most);
        return (Of(load.Times(least), terms, shards.Least), Of(load.Times(most), terms, shards.Most));
    }

    /// <summary>
    /// Returns how many shards the policy would have on average, were the hours to come again and again: it splits within minutes, and merges after an
    /// hour of quiet. The load is taken as even over the shards, and as <paramref name="least"/> to <paramref name="most"/> times as much.
    /// </summary>
    public static (double Least, double Most) PolicyShardsOf(IReadOnlyList<double> peaks, int shards, ScalingOptions policy, double least = 1, double most = 1)
    {
        var (sumLeast, sumMost) = (0.0, 0.0);
        var (few, many, before) = (Within(shards), Within(shards), peaks[^1]);
        for (var i = 0; i < 2 * peaks.Count; i++)
        {
            var peak = peaks[i % peaks.Count];
            var quiet = Math.Max(peak, before);
            var split = (Least: SplitFor(peak * least), Most: SplitFor(peak * most));
            var kept = (Least: Merged(few, many, quiet * least), Most: Merged(many, few, quiet * most));
            var (all, any) = (peak * least > policy.SplitUtilisation * many, peak * most > policy.SplitUtilisation * few);
            (few, many) = all ? split : any ? (Math.Min(split.Least, kept.Least), Math.Max(split.Most, kept.Most)) : kept;
            if (i >= peaks.Count)
                (sumLeast, sumMost) = (sumLeast + few, sumMost + many);
            before = peak;
        }

        return (sumLeast / peaks.Count, sumMost / peaks.Count);

        double Within(double count) => Math.Clamp(count, policy.MinShards, policy.MaxShards);

        double SplitFor(double load) => Within(Math.Ceiling(load / policy.TargetUtilisation));

        // As many become one as would be quiet together, were there so many as the second figure says.
        double Merged(double count, double among, double load) =>
            Within(Math.Ceiling(count / Math.Max(1, Math.Floor(policy.MergeUtilisation * among / Math.Max(load, 1e-9)))));
    }

    private static MonthlyCost Of(CostLoad load, CostTerms terms, double byPolicy)
    {
        var (prices, streams) = (terms.Prices, terms.Streams);
        var units = streams * load.PutUnits * Seconds / 1e6 * prices.MillionPutUnits;
        var shardMonth = streams * Hours * prices.ShardHour;
        var shards = Math.Max(terms.Shards, (int)Math.Min(Math.Ceiling(load.Peak), int.MaxValue));
        var (mibIn, mibOut) = (streams * load.KiB / 1_024, streams * load.KiB / 1_024 * terms.Readers);
        return new MonthlyCost(
            (shards * shardMonth) + units,
            (byPolicy * shardMonth) + units,
            (streams * Hours * prices.OnDemandStreamHour) + (GiB(mibIn) * prices.OnDemandGiBIn) + (GiB(mibOut) * prices.OnDemandGiBOut),
            (GiB(Math.Max(mibIn, prices.AdvantageLeastMiB)) * prices.AdvantageGiBIn)
            + (GiB(Math.Max(mibOut, prices.AdvantageLeastMiB)) * prices.AdvantageGiBOut),
            shards,
            byPolicy);
    }

    private static double GiB(double mibPerSecond) => mibPerSecond * Seconds / 1_024;
}

/// <summary>The terms that decide on the price of a load.</summary>
/// <param name="Shards">How many shards the stream has.</param>
/// <param name="Readers">How many consumers read everything, without enhanced fan-out. In an on-demand stream each of them costs.</param>
/// <param name="Streams">How many streams of that load the account has. They share the least that on-demand Advantage costs.</param>
/// <param name="IsCommitted">Whether the account has the billing commitment, with which on-demand streams are billed as Advantage.</param>
internal sealed record CostTerms(RegionPrices Prices, ScalingOptions Policy, int Shards, int Readers, int Streams, bool IsCommitted = false);
