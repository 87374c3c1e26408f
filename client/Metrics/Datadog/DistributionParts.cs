namespace Orleans.Kpl.Metrics.Datadog;

/// <summary>
/// Divides distributions into what goes to different endpoints of Datadog: values, of which there are 250 at most, and beside them counts that have the
/// exact number of values and their sum. Each part that could not be delivered comes again by itself, so that none is told twice.
/// </summary>
internal static class DistributionParts
{
    private const string Values = ".values";
    private const string Count = ".count";
    private const string Sum = ".sum";

    /// <summary>Returns series with distributions divided; parts that come again are added to those that are new.</summary>
    public static IReadOnlyList<MetricSeries> Of(IReadOnlyList<MetricSeries> metrics, Func<MetricSeries, bool> isDistribution)
    {
        var parts = new Dictionary<string, MetricSeries>();
        foreach (var metric in metrics)
        {
            if (metric.Name.Contains('.') || !isDistribution(metric))
            {
                metric.AddTo(parts);
                continue;
            }

            (metric with { Name = metric.Name + Values }).AddTo(parts);
            Total(metric, Count, metric.Count).AddTo(parts);
            Total(metric, Sum, metric.Sum).AddTo(parts);
        }

        return [.. parts.Values];
    }

    /// <summary>Returns the name of the metric that a part is of.</summary>
    public static string MetricOf(string part) => part.Split('.')[0];

    /// <summary>Whether a part is the values of a distribution.</summary>
    public static bool IsValues(string part) => part.EndsWith(Values, StringComparison.Ordinal);

    /// <summary>Whether a part has the unit of its metric: a number of values has none.</summary>
    public static bool HasUnit(string part) => !part.EndsWith(Count, StringComparison.Ordinal);

    private static MetricSeries Total(MetricSeries metric, string part, double value) => metric with
    {
        Name = metric.Name + part, Sum = value, Count = 1, Minimum = value, Maximum = value, Buckets = null,
    };
}

/// <summary>
/// Makes values out of a distribution, for a place that takes values alone. Smallest, largest and mean are exact, the others lie in the buckets that they
/// were counted in. Of more than 250 values there are 250.
/// </summary>
internal static class DistributionValues
{
    /// <summary>The most values of one series and upload.</summary>
    public const int Most = 250;

    /// <summary>Makes the values, in their order.</summary>
    public static double[] Of(MetricSeries series, double[] bounds)
    {
        var count = (int)Math.Min(series.Count, Most);
        if (series.Minimum == series.Maximum || count == 1)
            return [.. Enumerable.Repeat(series.Mean, count)];
        var values = new List<(double Value, double Low, double High)>(count);
        var buckets = series.Buckets ?? [series.Count];
        var (before, placed) = (0L, 0);
        for (var i = 0; i < buckets.Length; i++)
        {
            before += buckets[i];
            // Rounded over all buckets up to this one, so that the numbers add up.
            var number = (int)(before * count / series.Count) - placed;
            var low = Math.Clamp(i == 0 || i > bounds.Length ? series.Minimum : bounds[i - 1], series.Minimum, series.Maximum);
            var high = Math.Clamp(i < bounds.Length && buckets.Length > 1 ? bounds[i] : series.Maximum, low, series.Maximum);
            for (var j = 0; j < number; j++)
                values.Add((low + ((high - low) * (j + 0.5) / number), low, high));
            placed += number;
        }

        (values[0], values[^1]) = ((series.Minimum, series.Minimum, series.Minimum), (series.Maximum, series.Maximum, series.Maximum));
        return Shift(values, (series.Mean * count) - values.Sum(static v => v.Value));
    }

    /// <summary>Moves each value within its bucket, so that together they move by what is missing.</summary>
    private static double[] Shift(List<(double Value, double Low, double High)> values, double missing)
    {
        var free = values.Sum(v => missing > 0 ? v.High - v.Value : v.Value - v.Low);
        var part = free > 0 ? Math.Clamp(missing / free, -1, 1) : 0;
        return [.. values.Select(v => v.Value + (part * (missing > 0 ? v.High - v.Value : v.Value - v.Low)))];
    }
}
