using Orleans.Kpl.Metrics.Collecting;

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
        var parts = new Dictionary<SeriesKey, MetricSeries>();
        foreach (var metric in metrics)
        {
            if (metric.Name.Contains('.') || !isDistribution(metric))
            {
                Add(metric);
                continue;
            }

            Add(metric with { Name = metric.Name + Values });
            Add(Total(metric, Count, metric.Count));
            Add(Total(metric, Sum, metric.Sum));
        }

        return [.. parts.Values];

        void Add(MetricSeries part)
        {
            var key = new SeriesKey(part);
            parts[key] = parts.TryGetValue(key, out var other) ? other.With(part) : part;
        }
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
