using Orleans.Kpl.Metrics;
using Orleans.Kpl.Metrics.CloudWatch;
using Orleans.Kpl.Metrics.Tests.CloudWatch;

namespace Orleans.Kpl.Pipeline.Tests.Telemetry;

/// <summary>Takes what CloudWatch gets, and reads it as CloudWatch does.</summary>
internal sealed class FormSink : IMetricsSink
{
    public string Name => "form";

    public List<MetricSeries> Metrics { get; } = [];

    public List<string> Defects { get; } = [];

    public Task<IReadOnlyList<MetricSeries>> UploadAsync(IReadOnlyList<MetricSeries> metrics, CancellationToken cancellationToken)
    {
        foreach (var call in MetricDataCalls.Of(metrics, new MetricsOptions(), DateTimeOffset.UnixEpoch))
        {
            var (form, defects) = PutMetricDataForm.Read(call.Body);
            Metrics.AddRange(form.Metrics);
            Defects.AddRange(defects);
        }

        return Task.FromResult<IReadOnlyList<MetricSeries>>([]);
    }
}
