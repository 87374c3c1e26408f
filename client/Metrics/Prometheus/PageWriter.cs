using System.Buffers;
using System.Globalization;
using System.Text;
using Orleans.Kpl.Pipeline.Telemetry;

namespace Orleans.Kpl.Metrics.Prometheus;

/// <summary>Writes families in Prometheus' text format 0.0.4, or in OpenMetrics 1.0.0.</summary>
internal sealed class PageWriter(IBufferWriter<byte> output, bool isOpen)
{
    private const string Total = "_total";

    private readonly StringBuilder _text = new();
    private readonly Encoder _encoder = Encoding.UTF8.GetEncoder();

    public void Write(MetricFamily family)
    {
        var isTotal = family.Kind is MetricKind.Counter or MetricKind.ObservableCounter;
        // In OpenMetrics a counter's own name has no _total, and its values' names have.
        var name = isOpen && isTotal ? family.Name[..^Total.Length] : family.Name;
        if (family.Meaning.Length > 0)
            _text.Append("# HELP ").Append(name).Append(' ').Append(Escape(family.Meaning, isLabel: isOpen)).Append('\n');
        _text.Append("# TYPE ").Append(name).Append(' ')
            .Append(isTotal ? "counter" : family.Kind == MetricKind.Histogram ? "histogram" : "gauge").Append('\n');
        foreach (var sample in family.Samples)
        {
            if (family.Kind == MetricKind.Histogram)
                WriteHistogram(family, sample);
            else
                WriteLine(family.Name, "", sample.Labels, null, family.Kind == MetricKind.Gauge ? sample.State : sample.Values.Sum);
        }

        Flush();
    }

    public void End()
    {
        if (isOpen)
            _text.Append("# EOF\n");
        Flush();
    }

    private void WriteHistogram(MetricFamily family, PageSample sample)
    {
        var below = 0L;
        for (var i = 0; i < family.Bounds!.Length; i++)
        {
            below += sample.Values.Buckets?[i] ?? 0;
            WriteLine(family.Name, "_bucket", sample.Labels, Bound(family.Bounds[i]), below);
        }

        WriteLine(family.Name, "_bucket", sample.Labels, "+Inf", sample.Values.Count);
        WriteLine(family.Name, "_sum", sample.Labels, null, sample.Values.Sum);
        WriteLine(family.Name, "_count", sample.Labels, null, sample.Values.Count);
    }

    private void WriteLine(string name, string suffix, IReadOnlyList<KeyValuePair<string, string>> labels, string? bound, double value)
    {
        _text.Append(name).Append(suffix);
        if (labels.Count > 0 || bound is not null)
        {
            var separator = '{';
            foreach (var (label, text) in labels)
            {
                _text.Append(separator).Append(label).Append("=\"").Append(Escape(text, isLabel: true)).Append('"');
                separator = ',';
            }

            if (bound is not null)
                _text.Append(separator).Append("le=\"").Append(bound).Append('"');
            _text.Append('}');
        }

        _text.Append(' ').Append(Number(value)).Append('\n');
    }

    /// <summary>OpenMetrics writes whole bounds with a fraction, so that one bound has one text.</summary>
    private string Bound(double bound) => isOpen && bound == Math.Floor(bound) ? bound.ToString("0.0", CultureInfo.InvariantCulture) : Number(bound);

    private static string Number(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        double.NaN => "NaN",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };

    private static string Escape(string text, bool isLabel)
    {
        if (text.AsSpan().IndexOfAny('\\', '\n', '"') < 0)
            return text;
        text = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
        return isLabel ? text.Replace("\"", "\\\"", StringComparison.Ordinal) : text;
    }

    private void Flush()
    {
        // A character of two surrogates may begin at the end of a chunk: the encoder keeps the first one for the next.
        foreach (var chunk in _text.GetChunks())
            _encoder.Convert(chunk.Span, output, flush: false, out _, out _);
        _text.Clear();
    }
}
