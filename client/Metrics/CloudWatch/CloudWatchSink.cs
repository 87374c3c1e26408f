using Microsoft.Extensions.Logging;
using Orleans.Kpl.Metrics.Uploading;

namespace Orleans.Kpl.Metrics.CloudWatch;

/// <summary>Uploads metrics to CloudWatch as KPL does: statistic sets, by PutMetricData.</summary>
internal sealed partial class CloudWatchSink(CloudWatchClient client, MetricsOptions options, ILogger logger, TimeProvider time) : IPartedSink, IDisposable
{
    private long _ended;
    private int _told;

    public string Name => "CloudWatch";

    public long PartsEnded => Interlocked.Read(ref _ended);

    /// <exception cref="KplOptionsException">No call can be made with these settings.</exception>
    public static CloudWatchSink Create(KplOptions options, ILogger logger, TimeProvider time) =>
        new(CloudWatchClient.Create(options, time), options.Metrics, logger, time);

    public Task<IReadOnlyList<MetricSeries>> UploadAsync(IReadOnlyList<MetricSeries> metrics, CancellationToken cancellationToken)
    {
        TellPrice(metrics.Count);
        var (now, offset) = (time.GetUtcNow(), client.Offset);
        return SinkCall.MakeAsync(
            CallsOf(metrics), call => client.PutAsync(() => FormOf(call), cancellationToken), LogRefused, () => Interlocked.Increment(ref _ended));

        // CloudWatch refuses values of a time to come, and the first refusal of a signature tells that this machine's clock is wrong.
        byte[] FormOf(SinkCall call) => client.Offset == offset ? call.Body : CallsOf(call.Metrics).Single().Body;

        IEnumerable<SinkCall> CallsOf(IReadOnlyList<MetricSeries> of) => MetricDataCalls.Of(of, options, now + client.Offset);
    }

    public void Dispose() => client.Dispose();

    /// <summary>Tells the price once, and again when it has doubled.</summary>
    private void TellPrice(int metrics)
    {
        if (metrics < 2 * _told || _told == 0 && metrics == 0)
            return;
        _told = metrics;
        LogPrice(metrics, options.Namespace, MetricsPrice.OfMonth(metrics));
    }

    [LoggerMessage(124, LogLevel.Information,
        "CloudWatch gets {Count} metrics in namespace {Namespace}: about {Dollars:0.00} US dollars a month. MetricsGranularity and MetricsLevel limit them")]
    private partial void LogPrice(int count, string @namespace, double dollars);

    [LoggerMessage(125, LogLevel.Warning, "CloudWatch refuses {Count} series for good, and they are lost: {Why}")]
    private partial void LogRefused(int count, string why);
}

/// <summary>The price of custom metrics (aws.amazon.com/cloudwatch/pricing, us-east-1): less for each beyond the first 10,000. Calls are extra.</summary>
internal static class MetricsPrice
{
    private static readonly (int UpTo, double Dollars)[] Tiers = [(10_000, 0.30), (250_000, 0.10), (1_000_000, 0.05), (int.MaxValue, 0.02)];

    /// <summary>Returns the price of so many metrics for a month, in US dollars.</summary>
    public static double OfMonth(int metrics)
    {
        var (price, from) = (0.0, 0);
        foreach (var (upTo, dollars) in Tiers)
        {
            price += Math.Max(0, Math.Min(metrics, upTo) - from) * dollars;
            from = upTo;
        }

        return price;
    }
}
