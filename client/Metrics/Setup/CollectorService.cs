using Microsoft.Extensions.Hosting;

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
