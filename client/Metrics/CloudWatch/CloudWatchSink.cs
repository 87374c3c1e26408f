using Microsoft.Extensions.Logging;

namespace Orleans.Kpl.Metrics.CloudWatch;

/// <summary>Uploads metrics to CloudWatch as KPL does: statistic sets, by PutMetricData.</summary>
internal sealed partial class CloudWatchSink(CloudWatchClient client, MetricsOptions options, ILogger logger, TimeProvider time) : IMetricsSink, IDisposable
{
    private int _told;

    /// <inheritdoc />
    public string Name => "CloudWatch";

    /// <exception cref="KplOptionsException">No call can be made with these settings.</exception>
    public static CloudWatchSink Create(KplOptions options, ILogger logger, TimeProvider time) =>
        new(CloudWatchClient.Create(options, time), options.Metrics, logger, time);

    /// <inheritdoc />
    public async Task<IReadOnlyList<MetricSeries>> UploadAsync(IReadOnlyList<MetricSeries> metrics, CancellationToken cancellationToken)
    {
        TellPrice(metrics.Count);
        var now = time.GetUtcNow();
        List<MetricSeries> left = [];
        CloudWatchException? failure = null;
        foreach (var call in MetricDataCalls.Of(metrics, options.Namespace, now, options.Dimensions))
        {
            try
            {
                await client.PutAsync(call.Body, cancellationToken).ConfigureAwait(false);
            }
            catch (CloudWatchException error) when (error.IsForGood)
            {
                LogRefused(call.Metrics.Count, error.Message);
            }
            catch (CloudWatchException error)
            {
                failure = error;
                left.AddRange(call.Metrics);
            }
        }

        // If nothing went, the log tells why.
        return failure is not null && left.Count == metrics.Count ? throw failure : left;
    }

    /// <inheritdoc />
    public void Dispose() => client.Dispose();

    /// <summary>Tells the price once, and again when it has doubled.</summary>
    private void TellPrice(int metrics)
    {
        if (metrics < 2 * _told || _told == 0 && metrics == 0)
            return;
        _told = metrics;
        LogPrice(metrics, options.Namespace, MetricsPrice.OfMonth(metrics));
    }

    [LoggerMessage(63, LogLevel.Information,
        "CloudWatch gets {Count} metrics in namespace {Namespace}: about {Dollars:0.00} US dollars a month. MetricsGranularity and MetricsLevel limit them")]
    private partial void LogPrice(int count, string @namespace, double dollars);

    [LoggerMessage(64, LogLevel.Warning, "CloudWatch refuses {Count} series for good, and they are lost: {Why}")]
    private partial void LogRefused(int count, string why);
}
