using System.Buffers;

namespace Orleans.Kpl;

/// <summary>The metrics of this process as a page for Prometheus. Package <c>Orleans.Kpl.Metrics</c> has one; HTTP serves it.</summary>
public interface IMetricsPage
{
    /// <summary>Writes the current values.</summary>
    /// <param name="output">Receives the page, in UTF-8.</param>
    /// <param name="accept">The <c>Accept</c> header of the request; null if it has none.</param>
    /// <returns>The page's content type.</returns>
    string Write(IBufferWriter<byte> output, string? accept);
}

/// <summary>Marks a host that collects metrics, for those who warn where none does.</summary>
internal sealed class MetricsPresence
{
    /// <summary>Returns the warning about sinks to which nobody uploads; empty where there is no reason for one.</summary>
    public static IEnumerable<string> FindWarnings(MetricsOptions options, IServiceProvider services) =>
        options.Sinks is { Count: > 0 } sinks && services.GetService(typeof(MetricsPresence)) is null
            ? [$"Kpl:Metrics:Sinks is '{string.Join(',', sinks)}', and nothing collects: add package Orleans.Kpl.Metrics and call AddKplMetrics()"]
            : [];
}
