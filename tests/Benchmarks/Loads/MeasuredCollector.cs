using System.Buffers;
using System.IO.Compression;
using Orleans.Kpl.Metrics;
using Orleans.Kpl.Metrics.CloudWatch;

namespace Orleans.Kpl.Benchmarks.Loads;

/// <summary>A collector of everything by shard, with what a scrape and an upload cost of the processor.</summary>
internal sealed class MeasuredCollector : IMetricsSink, IAsyncDisposable
{
    private readonly MetricsCollector _collector;

    public MeasuredCollector() => _collector = MetricsCollector.Start(
        new KplOptions { Metrics = { Granularity = MetricsGranularity.Shard, Sinks = ["Prometheus"] } }, sinks: [this]);

    public string Name => "CloudWatch, without the network";

    /// <summary>Writes what CloudWatch would get, compressed.</summary>
    public Task<IReadOnlyList<MetricSeries>> UploadAsync(IReadOnlyList<MetricSeries> metrics, CancellationToken cancellationToken)
    {
        foreach (var call in MetricDataCalls.Of(metrics, "Bench", DateTimeOffset.UnixEpoch, []))
        {
            using var gzip = new GZipStream(Stream.Null, CompressionLevel.Fastest);
            gzip.Write(call.Body);
        }

        return Task.FromResult<IReadOnlyList<MetricSeries>>([]);
    }

    /// <summary>Scrapes, uploads and settles once, and returns the seconds of processor time of each.</summary>
    public async Task<ReadingCost> ReadAsync()
    {
        var start = Environment.CpuUsage.TotalTime;
        _collector.Page!.Write(new ArrayBufferWriter<byte>(), null);
        var scraped = Environment.CpuUsage.TotalTime;
        await _collector.UploadAsync(default);
        var uploaded = Environment.CpuUsage.TotalTime;
        _collector.Read(static (_, _) => 0);
        return new ReadingCost(
            (scraped - start).TotalSeconds, (uploaded - scraped).TotalSeconds, (Environment.CpuUsage.TotalTime - uploaded).TotalSeconds);
    }

    public ValueTask DisposeAsync() => _collector.DisposeAsync();
}

/// <summary>What reading a collector takes of the processor.</summary>
/// <param name="ScrapeSeconds">One scrape.</param>
/// <param name="UploadSeconds">One upload.</param>
/// <param name="SettleSeconds">Reading the gauges and bringing together what threads recorded.</param>
internal sealed record ReadingCost(double ScrapeSeconds, double UploadSeconds, double SettleSeconds)
{
    /// <summary>The part of the processor's time, with a scrape every 15 seconds, an upload every 60 and a look at the gauges every 10.</summary>
    public double Ratio => (ScrapeSeconds / 15) + (UploadSeconds / 60) + (SettleSeconds / 10);
}
