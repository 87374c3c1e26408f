namespace Orleans.Kpl.Scaling.Costs;

/// <summary>A stream's load as its price depends on it.</summary>
/// <param name="PutUnits">PUT payload units a second, on average.</param>
/// <param name="KiB">Billed KiB a second, on average.</param>
/// <param name="Peaks">The demand of the busiest minute of each hour, in shards.</param>
internal sealed record CostLoad(double PutUnits, double KiB, IReadOnlyList<double> Peaks)
{
    /// <summary>The demand of the busiest minute, in shards.</summary>
    public double Peak => Peaks.Max();

    /// <summary>The load as it was.</summary>
    public static CostLoad Of(IReadOnlyList<LoadSum> hours) =>
        Of(hours, static h => h.PutUnits, static h => h.BilledKiB, static h => h.PeakShards);

    /// <summary>The load, had every user record been a Kinesis record of its own.</summary>
    public static CostLoad Alone(IReadOnlyList<LoadSum> hours) =>
        Of(hours, static h => h.PutUnitsAlone, static h => h.BilledKiBAlone, static h => h.PeakShardsAlone);

    /// <summary>A load that is so many times as much.</summary>
    public CostLoad Times(double factor) => new(PutUnits * factor, KiB * factor, [.. Peaks.Select(p => p * factor)]);

    /// <summary>The latest hours that have so many minutes; all where they have fewer.</summary>
    public static IReadOnlyList<LoadSum> Last(IReadOnlyList<LoadSum> hours, int minutes)
    {
        var (first, seen) = (hours.Count, 0);
        while (first > 0 && seen < minutes)
            seen += hours[--first].Minutes;
        return [.. hours.Skip(first)];
    }

    private static CostLoad Of(
        IReadOnlyList<LoadSum> hours, Func<LoadSum, long> units, Func<LoadSum, long> kib, Func<LoadSum, double> peak)
    {
        var seconds = 60.0 * hours.Sum(static h => h.Minutes);
        return new CostLoad(hours.Sum(units) / seconds, hours.Sum(kib) / seconds, [.. hours.Select(peak)]);
    }
}
