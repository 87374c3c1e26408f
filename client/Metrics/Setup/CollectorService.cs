using System.Buffers;
using Microsoft.Extensions.Hosting;
using Orleans.Kpl.Metrics.Prometheus;

namespace Orleans.Kpl.Metrics.Setup;

/// <summary>
/// Starts the collector with the host. The container ends it, after all services have stopped and the producer is drained.
/// </summary>
internal sealed class CollectorService(MetricsCollector collector) : IHostedService
{
    /// <summary>The collector, which has been started.</summary>
    public MetricsCollector Collector => collector;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

/// <summary>The page of a host's collector; empty where the settings name no Prometheus.</summary>
internal sealed class CollectorPage(MetricsCollector collector) : IMetricsPage
{
    public string Write(IBufferWriter<byte> output, string? accept) => collector.Page?.Write(output, accept) ?? PrometheusPage.Text;
}
