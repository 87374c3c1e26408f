using Orleans.Kpl.Pipeline.Load;

namespace Orleans.Kpl.Scaling.Heat;

/// <summary>
/// How a shard's load is spread over its range: since the last look, and as it has settled over minutes. What decays by half in five minutes becomes what
/// has come since the last look by taking away what was there then. What chance explains is not shown: of a load that is even, few samples would look like
/// hot keys.
/// </summary>
/// <param name="Latest">The share of each part since the last look.</param>
/// <param name="Settled">The share of each part of the last minutes.</param>
internal readonly record struct HeatSpread(double[] Latest, double[] Settled)
{
    /// <summary>Samples that differ from what is expected by more than this many times what they do by chance show something.</summary>
    private const double Chance = 1.4;

    private static readonly double[] Even = [1];

    private static readonly double FadePerMinute = Math.Pow(0.5, 1 / LoadSettings.Default.HalfLifeMinutes);

    /// <param name="minutes">How many minutes ended since the last look.</param>
    /// <param name="former">The weights of the last look; null for none.</param>
    public static (HeatSpread Spread, float[]? Weights) Of(ShardLoadReport report, HeatRange range, long minutes, float[]? former)
    {
        var (weights, parts) = (report.Histogram, report.Histogram.Count);
        if (range.To - range.From <= 1 || parts == 0)
            return (new HeatSpread(Even, Even), null);
        // A large record is as many samples at once, which tell no more than one.
        var minute = report.Minutes.Append(report.Running).Aggregate(static (a, b) => a + b);
        var sample = Math.Max(LoadSettings.Default.SampleBytes, (double)minute.OfferedBytes / Math.Max(1, minute.UserRecords));
        var settled = Shown(weights, [.. Enumerable.Repeat(1.0 / parts, parts)], sample);
        var faded = Math.Pow(FadePerMinute, minutes);
        var latest = former?.Length != parts ? settled : Shown([.. weights.Select((w, i) => Math.Max(0, w - (faded * former[i])))], settled, sample);
        return (new HeatSpread(latest, settled), [.. weights.Select(static w => (float)w)]);
    }

    /// <summary>Returns the shares of weights, as far as they differ from those that are expected by more than chance.</summary>
    private static double[] Shown(IReadOnlyList<double> weights, double[] expected, double sample)
    {
        var sum = weights.Sum();
        var difference = weights.Select((w, i) => Math.Pow(w - (sum * expected[i]), 2) / ((sum * expected[i]) + sample) / sample).Sum();
        var shown = difference > 0 ? Math.Max(0, 1 - (Chance * weights.Count / difference)) : 0;
        return [.. weights.Select((w, i) => expected[i] + (shown == 0 ? 0 : shown * ((w / sum) - expected[i])))];
    }
}
