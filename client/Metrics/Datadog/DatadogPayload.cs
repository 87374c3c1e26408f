namespace Orleans.Kpl.Metrics.Datadog;

/// <summary>One call.</summary>
/// <param name="Path">Where it goes.</param>
/// <param name="Encoding">How the body is compressed.</param>
/// <param name="Body">The body, compressed.</param>
/// <param name="Metrics">What it carries.</param>
internal sealed record DatadogPayload(string Path, string Encoding, byte[] Body, IReadOnlyList<MetricSeries> Metrics);
