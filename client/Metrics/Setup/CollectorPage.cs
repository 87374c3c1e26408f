using System.Buffers;
using Orleans.Kpl.Metrics.Prometheus;

namespace Orleans.Kpl.Metrics.Setup;

/// <summary>The page of a host's collector; empty where the settings name no Prometheus.</summary>
internal sealed class CollectorPage(MetricsCollector collector) : IMetricsPage
{
    /// <inheritdoc />
    public string Write(IBufferWriter<byte> output, string? accept) => collector.Page?.Write(output, accept) ?? PrometheusPage.Text;
}
