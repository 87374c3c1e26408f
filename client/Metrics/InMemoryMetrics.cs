using Orleans.Kpl.Metrics.Collecting;

namespace Orleans.Kpl.Metrics;

/// <summary>The metrics since the collector was started, read by the program itself (KPL <c>getMetrics</c>, without its windows).</summary>
public sealed class InMemoryMetrics
{
    private readonly MetricsCollector _collector;

    internal InMemoryMetrics(MetricsCollector collector) => _collector = collector;

    /// <summary>Returns every metric that has values, as they are now: for the process, each stream and each shard.</summary>
    public IReadOnlyList<MetricSeries> All() =>
        _collector.Read(static (metrics, grain) => KplTree.Of(MetricsCollector.OfThisLibrary(metrics, static s => s.Total), grain));

    /// <summary>Returns the values of one metric: for the process, each stream and each shard.</summary>
    /// <param name="name">Its name, such as <c>UserRecordsPut</c>.</param>
    public IReadOnlyList<MetricSeries> ByName(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return [.. All().Where(m => m.Name == name)];
    }
}
