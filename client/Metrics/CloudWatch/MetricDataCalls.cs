using System.Globalization;
using System.Text;
using Orleans.Kpl.Metrics.Uploading;

namespace Orleans.Kpl.Metrics.CloudWatch;

/// <summary>
/// Writes the bodies of PutMetricData in AWS' Query protocol (API reference, PutMetricData): at most 1,000 metrics and 1 MB each, before compression.
/// </summary>
internal static class MetricDataCalls
{
    public const int MaxMetrics = 1_000;
    public const int MaxBytes = 1_000_000;

    /// <summary>CloudWatch refuses values nearer to 0.</summary>
    private const double Smallest = 8.515920e-109;

    /// <summary>CloudWatch refuses values further from 0.</summary>
    private const double Largest = 1.174271e+108;

    /// <summary>Divides metrics over calls. What has no value is left out.</summary>
    /// <param name="options">The settings: namespace, and the dimensions that each gets behind its own.</param>
    /// <param name="now">The time of their values.</param>
    public static IEnumerable<SinkCall> Of(IEnumerable<MetricSeries> metrics, MetricsOptions options, DateTimeOffset now)
    {
        var head = $"Action=PutMetricData&Version=2010-08-01&Namespace={Uri.EscapeDataString(options.Namespace)}";
        var timestamp = Uri.EscapeDataString(now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
        var (body, carried) = (new StringBuilder(head), new List<MetricSeries>());
        foreach (var metric in metrics.Where(static m => m.Count > 0))
        {
            var text = Write(metric, carried.Count + 1, timestamp, options);
            if (carried.Count == MaxMetrics || body.Length + text.Length > MaxBytes)
            {
                yield return new SinkCall(Encoding.ASCII.GetBytes(body.ToString()), carried);
                (body, carried) = (new StringBuilder(head), []);
                text = Write(metric, 1, timestamp, options);
            }

            body.Append(text);
            carried.Add(metric);
        }

        if (carried.Count > 0)
            yield return new SinkCall(Encoding.ASCII.GetBytes(body.ToString()), carried);
    }

    private static string Write(MetricSeries metric, int number, string timestamp, MetricsOptions options)
    {
        var text = new StringBuilder(512);
        var member = $"&MetricData.member.{number}.";
        Add("MetricName", metric.Name);
        var place = 0;
        var all = metric.Dimensions.Concat(options.DimensionsBehind(metric.Dimensions));
        foreach (var (name, value) in all.Where(static d => !string.IsNullOrWhiteSpace(d.Value)))
        {
            place++;
            Add($"Dimensions.member.{place}.Name", name);
            Add($"Dimensions.member.{place}.Value", value);
        }

        Add("StatisticValues.SampleCount", Number(metric.Count));
        Add("StatisticValues.Sum", Number(metric.Sum));
        Add("StatisticValues.Minimum", Number(metric.Minimum));
        Add("StatisticValues.Maximum", Number(metric.Maximum));
        text.Append(member).Append("Timestamp=").Append(timestamp);
        Add("Unit", metric.Unit);
        return text.ToString();

        void Add(string name, string value) => text.Append(member).Append(name).Append('=').Append(Uri.EscapeDataString(value));
    }

    private static string Number(double value)
    {
        var size = Math.Abs(value);
        var allowed = double.IsNaN(value) || size < Smallest ? 0 : size > Largest ? Math.CopySign(Largest, value) : value;
        return allowed.ToString("R", CultureInfo.InvariantCulture);
    }
}
