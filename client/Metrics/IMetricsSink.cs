namespace Orleans.Kpl.Metrics;

/// <summary>A place that metrics are uploaded to. The collector calls it every <see cref="MetricsOptions.UploadDelay"/>, one call at a time.</summary>
public interface IMetricsSink
{
    /// <summary>The sink's name, for the log.</summary>
    string Name { get; }

    /// <summary>Uploads the values since the last call.</summary>
    /// <param name="metrics">The values since the last call, in KPL's order, and those that earlier calls returned. Never empty.</param>
    /// <param name="cancellationToken">Cancelled when the collector has no more time.</param>
    /// <returns>
    /// The values that could not be uploaded; empty if all were. They come again, twice within three seconds and then merged into the next upload, at most
    /// 20,000 series. An exception counts as returning all of them.
    /// </returns>
    Task<IReadOnlyList<MetricSeries>> UploadAsync(IReadOnlyList<MetricSeries> metrics, CancellationToken cancellationToken);
}
