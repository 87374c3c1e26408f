namespace Orleans.Kpl.Otlp.Tests;

/// <summary>Reads a request with metrics by OpenTelemetry's description (metrics.proto); shares no code with who writes it.</summary>
internal static class OtlpPoints
{
    /// <summary>Each point: name, attributes (those of a stream before its shard), value; of histograms sum and number.</summary>
    public static IEnumerable<string> Read(ProtoMessage request) =>
        from resource in request.All(1)
        from scope in resource.All(2)
        from metric in scope.All(2)
        from point in PointsOf(metric)
        select $"{metric.TextOf(1)}{{{point.Attributes}}} {point.Value}";

    private static IEnumerable<(string Attributes, string Value)> PointsOf(ProtoMessage metric)
    {
        var isHistogram = metric.Has(9);
        var data = metric.All(isHistogram ? 9 : metric.Has(7) ? 7 : 5).Single();
        return data.All(1).Select(p => (
            string.Join(',', p.AttributesOf(isHistogram ? 9 : 7).OrderDescending(StringComparer.Ordinal)),
            isHistogram ? FormattableString.Invariant($"sum {p.DoubleOf(5)} count {p.NumberOf(4)}")
                : FormattableString.Invariant($"{(p.Has(6) ? p.NumberOf(6) : p.DoubleOf(4))}")));
    }
}
