namespace Orleans.Kpl.Metrics.Collecting;

/// <summary>An instrument that is listened to, for as long as there is one: its producer may end before the collector.</summary>
/// <param name="metric">Where its values go.</param>
/// <param name="how">What they mean.</param>
internal sealed class ListenedInstrument(CollectedMetric metric, MeasurementKind how)
{
    private readonly Dictionary<CollectedSeries, double> _totals = [];

    /// <summary>Takes what it tells.</summary>
    public void Take(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var series = metric.Of(tags);
        switch (how)
        {
            case MeasurementKind.Values:
                series.Record(value, 1);
                break;
            case MeasurementKind.Reading:
                series.Read(value, metric.IsLargest);
                break;
            case MeasurementKind.Total:
                TakeTotal(series, value);
                break;
            default:
                series.Set(value, how == MeasurementKind.Change);
                break;
        }
    }

    /// <summary>Takes what a total has grown by. One thread at a time reads totals.</summary>
    private void TakeTotal(CollectedSeries series, double value)
    {
        var before = _totals.GetValueOrDefault(series);
        _totals[series] = value;
        if (value > before)
            series.Record(value - before, 1);
    }
}
