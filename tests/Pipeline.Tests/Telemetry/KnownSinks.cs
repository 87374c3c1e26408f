using Orleans.Kpl.Metrics;
using Orleans.Kpl.Metrics.Collecting;
using Orleans.Kpl.Metrics.Datadog;
using Orleans.Kpl.Metrics.Tests.Datadog;

namespace Orleans.Kpl.Pipeline.Tests.Telemetry;

/// <summary>Takes what every place gets that metrics are uploaded to, and reads it as that place does.</summary>
/// <param name="meters">The factory of the producers' meters.</param>
/// <param name="options">Level and granularity.</param>
internal sealed class KnownSinks(System.Diagnostics.Metrics.IMeterFactory meters, MetricsOptions options) : IDisposable
{
    private readonly OtlpSink _otlp = new(meters, options);

    public FormSink CloudWatch { get; } = new();

    public BodySink Datadog { get; } = new();

    /// <summary>Those of a collector.</summary>
    public IMetricsSink[] All => [CloudWatch, Datadog];

    /// <summary>Each point that goes out by OTLP.</summary>
    public IReadOnlyList<string> ReadOtlp() => _otlp.Read();

    public void Dispose() => _otlp.Dispose();

    /// <summary>Takes what Datadog gets.</summary>
    public sealed class BodySink : IFinestSink
    {
        private readonly DatadogPayloads _payloads = new(new DatadogSeriesWriter(new MetricsOptions(), "host"));

        public string Name => "bodies";

        public List<DatadogLine> Lines { get; } = [];

        public List<string> Defects { get; } = [];

        public Task<IReadOnlyList<MetricSeries>> UploadAsync(IReadOnlyList<MetricSeries> metrics, CancellationToken cancellationToken)
        {
            foreach (var payload in _payloads.Of(metrics, DateTimeOffset.UnixEpoch))
            {
                var (lines, defects) = DatadogBody.Read(payload.Path, payload.Encoding, payload.Body);
                Lines.AddRange(lines);
                Defects.AddRange(defects);
            }

            return Task.FromResult<IReadOnlyList<MetricSeries>>([]);
        }
    }
}
