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
    /// <param name="terms">What else decides.</param>
    public static MonthlyCost Of(CostLoad load, CostTerms terms)
    {
        var (prices, streams) = (terms.Prices, terms.Streams);
        var units = streams * load.PutUnits * Seconds / 1e6 * prices.MillionPutUnits;
        var shardMonth = streams * Hours * prices.ShardHour;
        var shards = Math.Max(terms.Shards, (int)Math.Min(Math.Ceiling(load.Peak), int.MaxValue));
        var byPolicy = PolicyShardsOf(load.Peaks, terms.Shards, terms.Policy);
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

    /// <summary>
    /// Returns how many shards the policy would have on average, were the hours to come again and again: it splits within minutes, and merges after an
    /// hour of quiet. The load is taken as even over the shards.
    /// </summary>
    public static double PolicyShardsOf(IReadOnlyList<double> peaks, int shards, ScalingOptions policy)
    {
        double sum = 0;
        var (now, before) = (Within(shards, policy), peaks[^1]);
        for (var i = 0; i < 2 * peaks.Count; i++)
        {
            var peak = peaks[i % peaks.Count];
            var quiet = Math.Max(peak, before);
            if (peak > policy.SplitUtilisation * now)
                now = Within(Math.Ceiling(peak / policy.TargetUtilisation), policy);
            else if (policy.MergeUtilisation * now / Math.Max(quiet, 1e-9) is var together && together >= 2)
                now = Within(Math.Ceiling(now / Math.Floor(together)), policy);
            if (i >= peaks.Count)
                sum += now;
            before = peak;
        }

        return sum / peaks.Count;
    }

    private static double Within(double shards, ScalingOptions policy) => Math.Clamp(shards, policy.MinShards, policy.MaxShards);

    private static double GiB(double mibPerSecond) => mibPerSecond * Seconds / 1_024;
}

/// <summary>The terms that decide on the price of a load.</summary>
/// <param name="Shards">How many shards the stream has.</param>
/// <param name="Readers">How many consumers read everything, without enhanced fan-out. In an on-demand stream each of them costs.</param>
/// <param name="Streams">How many streams of that load the account has. They share the least that on-demand Advantage costs.</param>
internal sealed record CostTerms(RegionPrices Prices, ScalingOptions Policy, int Shards, int Readers, int Streams);
