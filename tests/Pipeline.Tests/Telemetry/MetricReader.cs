using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Orleans.Kpl.Pipeline.Tests.Telemetry;

/// <summary>Makes the meter of one producer, and adds up what its instruments report.</summary>
internal sealed class MetricReader : IMeterFactory
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<(string Name, string Tags), Sum> _sums = new();
    private Meter? _meter;

    /// <param name="only">The only instruments to listen to; none for all.</param>
    public MetricReader(params string[] only)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter.Scope, this) && (only.Length == 0 || only.Contains(instrument.Name)))
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.Start();
    }

    /// <summary>How often something was reported, and the sum of it.</summary>
    public readonly record struct Sum(int Count, double Total);

    /// <summary>The meter that was made.</summary>
    public Meter Meter => _meter!;

    /// <summary>Everything that was reported, by name and tags other than the stream's.</summary>
    public IReadOnlyDictionary<(string Name, string Tags), Sum> All => _sums;

    /// <inheritdoc />
    public Meter Create(MeterOptions options)
    {
        options.Scope = this;
        return _meter = new Meter(options);
    }

    /// <summary>Reads the gauges.</summary>
    public void ReadGauges() => _listener.RecordObservableInstruments();

    /// <summary>What an instrument reported, all tags together.</summary>
    public Sum Of(string name, string? tags = null)
    {
        var found = _sums.Where(s => s.Key.Name == name && (tags is null || s.Key.Tags == tags)).Select(static s => s.Value).ToList();
        return new Sum(found.Sum(static s => s.Count), found.Sum(static s => s.Total));
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _listener.Dispose();
        _meter?.Dispose();
    }

    private void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        List<string> texts = [];
        foreach (var tag in tags)
        {
            if (tag.Key != "StreamName")
                texts.Add($"{tag.Key}={tag.Value}");
        }

        _sums.AddOrUpdate((instrument.Name, string.Join(' ', texts)), new Sum(1, value), (_, sum) => new Sum(sum.Count + 1, sum.Total + value));
    }
}
