using Orleans.Kpl.Metrics.Collecting;

namespace Orleans.Kpl.Metrics;

/// <summary>The metrics since the collector was started, or of a window that ends now, read by the program itself (KPL <c>getMetrics</c>).</summary>
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

    /// <summary>Returns every metric that had values in the last seconds: for the process, each stream and each shard.</summary>
    /// <param name="window">The length of the window: 1 s to 60 s, with a resolution of one second.</param>
    /// <exception cref="InvalidOperationException"><see cref="MetricsOptions.Sinks"/> does not name <c>InMemory</c>: nothing is kept for windows.</exception>
    public IReadOnlyList<MetricSeries> All(TimeSpan window)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(window, RecentMetrics.Part);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(window, RecentMetrics.Longest);
        return _collector.ReadRecent(window);
    }

    /// <summary>Returns the values that one metric had in the last seconds: for the process, each stream and each shard.</summary>
    /// <param name="name">Its name, such as <c>UserRecordsPut</c>.</param>
    /// <param name="window">The length of the window: 1 s to 60 s, with a resolution of one second.</param>
    /// <exception cref="InvalidOperationException"><see cref="MetricsOptions.Sinks"/> does not name <c>InMemory</c>: nothing is kept for windows.</exception>
    public IReadOnlyList<MetricSeries> ByName(string name, TimeSpan window)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return [.. All(window).Where(m => m.Name == name)];
    }
}
