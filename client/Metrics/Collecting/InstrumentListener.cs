using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using Orleans.Kpl.Pipeline.Telemetry;

namespace Orleans.Kpl.Metrics.Collecting;

/// <summary>Listens to the meters of every producer of the process, and to others that are asked for.</summary>
internal sealed class InstrumentListener : IWeightedListener, IDisposable
{
    private static readonly Dictionary<string, MetricDefinition> Known = KplMetrics.All.ToDictionary(static m => m.Name, StringComparer.Ordinal);

    private readonly MetricsLevel _level;
    private readonly HashSet<string> _others;
    private readonly IMeterFactory? _scope;
    private readonly bool _isExclusive;
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<(string Meter, string Name, string? Role), CollectedMetric> _metrics = new();
    private readonly ConditionalWeakTable<Instrument, CollectedMetric> _weighted = [];
    private readonly Dictionary<(Instrument Instrument, CollectedSeries Series), double> _totals = [];

    /// <param name="options">Which metrics are kept, and what other meters.</param>
    /// <param name="scope">The factory of the meters of a host; producers of other hosts of the process are not heard. Null to hear all.</param>
    /// <param name="isExclusive">Whether producers that are of no host are not heard either.</param>
    public InstrumentListener(MetricsOptions options, IMeterFactory? scope, bool isExclusive)
    {
        (_level, _scope, _isExclusive, _others) = (options.Level, scope, isExclusive, [.. options.Meters.Where(static m => m != KplDiagnostics.MeterName)]);
        _listener.InstrumentPublished = (instrument, _) => Publish(instrument);
        _listener.SetMeasurementEventCallback<byte>(static (i, v, t, s) => OnMeasurement(i, v, t, s));
        _listener.SetMeasurementEventCallback<short>(static (i, v, t, s) => OnMeasurement(i, v, t, s));
        _listener.SetMeasurementEventCallback<int>(static (i, v, t, s) => OnMeasurement(i, v, t, s));
        _listener.SetMeasurementEventCallback<long>(static (i, v, t, s) => OnMeasurement(i, v, t, s));
        _listener.SetMeasurementEventCallback<float>(static (i, v, t, s) => OnMeasurement(i, v, t, s));
        _listener.SetMeasurementEventCallback<double>(static (i, v, t, s) => OnMeasurement(i, v, t, s));
        _listener.SetMeasurementEventCallback<decimal>(static (i, v, t, s) => OnMeasurement(i, (double)v, t, s));
        WeightedHistograms.Add(this);
        _listener.Start();
    }

    /// <summary>Every metric that was heard of.</summary>
    public IEnumerable<CollectedMetric> Metrics => _metrics.Values;

    /// <summary>Reads the gauges and totals. One thread at a time.</summary>
    public void ReadGauges()
    {
        try
        {
            _listener.RecordObservableInstruments();
        }
        catch (AggregateException)
        {
            // A gauge of another meter threw; the others were read.
        }

        foreach (var metric in _metrics.Values.Where(static m => m.IsRead))
        {
            foreach (var series in metric.All)
                series.EndReading();
        }
    }

    /// <inheritdoc />
    public void Record(Instrument histogram, string stream, string? shardId, ReadOnlySpan<WeightedValue> values)
    {
        if (_weighted.TryGetValue(histogram, out var metric))
            metric.OfShard(stream, shardId).Record(values);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        WeightedHistograms.Remove(this);
        _listener.Dispose();
    }

    private static void OnMeasurement(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
    {
        var heard = (ListenedInstrument)state!;
        var series = heard.Metric.Of(tags);
        switch (heard.How)
        {
            case MeasurementKind.Values:
                series.Record(value, 1);
                break;
            case MeasurementKind.Reading:
                series.Read(value, heard.Metric.IsLargest);
                break;
            case MeasurementKind.Total:
                heard.Listener.RecordTotal(instrument, series, value);
                break;
            default:
                series.Set(value, heard.How == MeasurementKind.Change);
                break;
        }
    }

    /// <summary>Takes what a total has grown by. That of a new producer begins at 0 again.</summary>
    private void RecordTotal(Instrument instrument, CollectedSeries series, double value)
    {
        var before = _totals.GetValueOrDefault((instrument, series));
        _totals[(instrument, series)] = value;
        if (value > before)
            series.Record(value - before, 1);
    }

    private void Publish(Instrument instrument)
    {
        if (Find(instrument) is not { } metric)
            return;
        if (metric.Definition is not null && WeightedHistograms.Names.Contains(metric.Name))
            _weighted.AddOrUpdate(instrument, metric);
        else
            _listener.EnableMeasurementEvents(instrument, new ListenedInstrument(this, metric, MeasurementOf(instrument)));
    }

    /// <summary>Returns the metric of an instrument; null for one that is not listened to.</summary>
    private CollectedMetric? Find(Instrument instrument)
    {
        var meter = instrument.Meter;
        if (meter.Name != KplDiagnostics.MeterName)
            return _others.Contains(meter.Name) ? Of(instrument, null, null) : null;
        if (_scope is not null && (_isExclusive || meter.Scope is not null) && !ReferenceEquals(meter.Scope, _scope))
            return null;
        return Known.TryGetValue(instrument.Name, out var known) && (int)known.Level <= (int)_level
            ? Of(instrument, known, meter.Tags?.FirstOrDefault(static t => t.Key == "role").Value?.ToString())
            : null;
    }

    private CollectedMetric Of(Instrument instrument, MetricDefinition? known, string? role) => _metrics.GetOrAdd(
        (instrument.Meter.Name, instrument.Name, role),
        _ => new CollectedMetric(known, instrument.Name, known?.Kind ?? KindOf(instrument), instrument.Unit, instrument.Description, role)
        {
            IsRead = MeasurementOf(instrument) == MeasurementKind.Reading,
        });

    private static MetricKind KindOf(Instrument instrument) => MeasurementOf(instrument) switch
    {
        MeasurementKind.Total => MetricKind.ObservableCounter,
        MeasurementKind.Values when GenericOf(instrument) == typeof(Histogram<>) => MetricKind.Histogram,
        MeasurementKind.Values => MetricKind.Counter,
        _ => MetricKind.Gauge,
    };

    private static MeasurementKind MeasurementOf(Instrument instrument)
    {
        var type = GenericOf(instrument);
        return type == typeof(ObservableCounter<>) ? MeasurementKind.Total
            : instrument.IsObservable ? MeasurementKind.Reading
            : type == typeof(UpDownCounter<>) ? MeasurementKind.Change
            : type == typeof(Gauge<>) ? MeasurementKind.State
            : MeasurementKind.Values;
    }

    private static Type? GenericOf(Instrument instrument) =>
        instrument.GetType() is { IsGenericType: true } type ? type.GetGenericTypeDefinition() : null;
}
