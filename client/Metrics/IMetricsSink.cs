namespace Orleans.Kpl.Metrics;

/// <summary>A place that metrics are uploaded to. The collector calls it every <see cref="MetricsOptions.UploadDelay"/>, one call at a time.</summary>
public interface IMetricsSink
{
    /// <summary>The sink's name, for the log.</summary>
    string Name { get; }

    /// <summary>Uploads what happened since the last call.</summary>
    /// <param name="metrics">The values since the last call, in KPL's order, and what earlier calls gave back. Never empty.</param>
    /// <param name="cancellationToken">Ends the call when the collector has no more time.</param>
    /// <returns>
    /// What could not be uploaded: it comes again, twice within three seconds and then merged with what happens until the next upload. An exception gives
    /// back everything that was passed.
    /// </returns>
    Task<IReadOnlyList<MetricSeries>> UploadAsync(IReadOnlyList<MetricSeries> metrics, CancellationToken cancellationToken);
}
