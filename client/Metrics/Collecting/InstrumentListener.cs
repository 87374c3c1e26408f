using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using Orleans.Kpl.Pipeline.Telemetry;

namespace Orleans.Kpl.Metrics.Collecting;

/// <summary>Listens to the meters of every producer of the process, and to others that are asked for.</summary>
internal sealed class InstrumentListener : IShardListener, IDisposable
{
    private static readonly Dictionary<string, MetricDefinition> Known = KplMetrics.All.ToDictionary(static m => m.Name, StringComparer.Ordinal);

    private readonly MetricsLevel _level;
    private readonly HashSet<string> _others;
    private readonly IMeterFactory? _scope;
    private readonly bool _isExclusive;
    private readonly Meter _uploads;
    private readonly MeterListener _listener = new();
    private readonly ReadingCount _readings = new();
    private readonly ConcurrentDictionary<(string Meter, string Name, string? Role), CollectedMetric> _metrics = new();
    private readonly ConcurrentDictionary<string, ShardTable> _shards = new();
    private readonly ConditionalWeakTable<Meter, ShardTable> _shardsOf = [];

    /// <param name="options">Which metrics are kept, and what other meters.</param>
    /// <param name="scope">The factory of the meters of a host; producers of other hosts of the process are not heard. Null to hear all.</param>
    /// <param name="isExclusive">Whether producers that are of no host are not heard either.</param>
    /// <param name="uploads">The meter on which this collector counts its uploads; those of other collectors are not heard.</param>
    public InstrumentListener(MetricsOptions options, IMeterFactory? scope, bool isExclusive, Meter uploads)
    {
        (_level, _scope, _isExclusive, _uploads) = (options.Level, scope, isExclusive, uploads);
        _others = [.. options.Meters.Where(static m => m != KplDiagnostics.MeterName)];
        _listener.InstrumentPublished = (instrument, _) => Publish(instrument);
        _listener.SetMeasurementEventCallback<byte>(static (_, v, t, s) => OnMeasurement(v, t, s));
        _listener.SetMeasurementEventCallback<short>(static (_, v, t, s) => OnMeasurement(v, t, s));
        _listener.SetMeasurementEventCallback<int>(static (_, v, t, s) => OnMeasurement(v, t, s));
        _listener.SetMeasurementEventCallback<long>(static (_, v, t, s) => OnMeasurement(v, t, s));
        _listener.SetMeasurementEventCallback<float>(static (_, v, t, s) => OnMeasurement(v, t, s));
        _listener.SetMeasurementEventCallback<double>(static (_, v, t, s) => OnMeasurement(v, t, s));
        _listener.SetMeasurementEventCallback<decimal>(static (_, v, t, s) => OnMeasurement((double)v, t, s));
        _listener.Start();
        // A meter that asks for the counts of a shard remembers the answer: every meter must be known before.
        ShardListeners.Add(this);
    }

    /// <summary>Every metric that was heard of.</summary>
    public IEnumerable<CollectedMetric> Metrics => _metrics.Values;

    /// <summary>Is called when a producer is about to end: what it tells only when it is read must be read now.</summary>
    public Action? ProducerEnds { get; set; }

    /// <summary>Reads the gauges and totals, as many as let themselves be read. One thread at a time.</summary>
    /// <returns>What the others threw; null where all were read.</returns>
    public AggregateException? ReadGauges()
    {
        AggregateException? error = null;
        _readings.Begin();
        try
        {
            _listener.RecordObservableInstruments();
        }
        catch (AggregateException e)
        {
            error = e;
        }

        _readings.End(isWhole: error is null);
        foreach (var metric in _metrics.Values.Where(static m => m.IsRead))
        {
            foreach (var series in metric.All)
                series.EndReading();
        }

        return error;
    }

    /// <summary>Moves to the series what happened to shards. One thread at a time.</summary>
    public void SettleShards(long now)
    {
        foreach (var (_, shards) in _shards)
            shards.Settle(now);
    }

    public IShardCounts? CountsOf(Meter meter, string stream, string? shardId) =>
        _shardsOf.TryGetValue(meter, out var shards) ? shards.Of(stream, shardId) : null;

    public void Ending(Meter meter)
    {
        if (IsHeard(meter))
            ProducerEnds?.Invoke();
    }

    public void Dispose()
    {
        ShardListeners.Remove(this);
        _listener.Dispose();
    }

    private static void OnMeasurement(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state) =>
        ((ListenedInstrument)state!).Take(value, tags);

    private void Publish(Instrument instrument)
    {
        if (Find(instrument) is not { } metric)
            return;
        var index = ShardTable.IndexOf(metric.Definition);
        if (index >= 0)
            ShardsOf(instrument.Meter, metric.Role).Keep(index, metric);
        else
            _listener.EnableMeasurementEvents(instrument, new ListenedInstrument(metric, MeasurementOf(instrument), _readings));
    }

    private ShardTable ShardsOf(Meter meter, string? role) =>
        _shardsOf.GetValue(meter, _ => _shards.GetOrAdd(role ?? "", static _ => new ShardTable()));

    /// <summary>Returns the metric of an instrument; null for one that is not listened to.</summary>
    private CollectedMetric? Find(Instrument instrument)
    {
        var meter = instrument.Meter;
        if (meter.Name != KplDiagnostics.MeterName)
            return _others.Contains(meter.Name) ? Of(instrument, null, null) : null;
        if (!IsHeard(meter))
            return null;
        return Known.TryGetValue(instrument.Name, out var known) && (int)known.Level <= (int)_level
            && (known != KplMetrics.MetricsUploads || ReferenceEquals(meter, _uploads))
            ? Of(instrument, known, meter.Tags?.FirstOrDefault(static t => t.Key == "role").Value?.ToString())
            : null;
    }

    /// <summary>Whether a meter of this library is one of those that are listened to.</summary>
    private bool IsHeard(Meter meter) => _scope is null || (!_isExclusive && meter.Scope is null) || ReferenceEquals(meter.Scope, _scope);

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

/// <summary>An instrument that is listened to, for as long as there is one: its producer may end before the collector.</summary>
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

/// <summary>The meaning of an instrument's values.</summary>
internal enum MeasurementKind
{
    /// <summary>Values that are kept: those of counters and histograms.</summary>
    Values,

    /// <summary>The value of a gauge, told when it is read.</summary>
    Reading,

    /// <summary>A total, told when it is read.</summary>
    Total,

    /// <summary>The value of a gauge that tells of itself.</summary>
    State,

    /// <summary>A change of a gauge's value.</summary>
    Change,
}

/// <summary>Counts the readings of gauges and totals. One thread at a time reads.</summary>
internal sealed class ReadingCount
{
    /// <summary>The number of the reading under way, or of the last one.</summary>
    public long Current { get; private set; }

    /// <summary>The number of the last reading in which everything could be read: what it did not tell is not there any more. 0 before the first one.</summary>
    public long LastWhole { get; private set; }

    public void Begin() => Current++;

    public void End(bool isWhole) => LastWhole = isWhole ? Current : LastWhole;
}
