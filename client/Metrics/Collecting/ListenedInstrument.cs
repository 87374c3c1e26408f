namespace Orleans.Kpl.Metrics.Collecting;

/// <summary>An instrument that is listened to, for as long as there is one: its producer may end before the collector.</summary>
/// <param name="metric">Where its values go.</param>
/// <param name="how">What they mean.</param>
/// <param name="readings">Counts the readings.</param>
internal sealed class ListenedInstrument(CollectedMetric metric, MeasurementKind how, ReadingCount readings)
{
    private readonly Dictionary<CollectedSeries, (double Total, long Reading)> _totals = [];
    private long _reading;

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
        if (_reading != readings.Current)
            ForgetWhatIsOver();
        var before = _totals.GetValueOrDefault(series).Total;
        _totals[series] = (value, _reading);
        if (value > before)
            series.Record(value - before, 1);
    }

    /// <summary>Forgets totals that the last whole reading did not tell: their streams have closed, and begin with nothing when they open again.</summary>
    private void ForgetWhatIsOver()
    {
        _reading = readings.Current;
        foreach (var (series, (_, reading)) in _totals)
        {
            if (reading < readings.LastWhole)
                _totals.Remove(series);
        }
    }
}
