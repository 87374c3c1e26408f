using System.Diagnostics.Metrics;
using Orleans.Kpl.Pipeline.Telemetry;

namespace Orleans.Kpl.Metrics.Tests.Collecting;

/// <summary>The instruments of a producer that does nothing, and the factory by which one collector hears them alone.</summary>
internal sealed class TestMeters : IMeterFactory
{
    private readonly List<Meter> _meters = [];
    private KplInstruments? _instruments;

    public KplInstruments Instruments => _instruments ??= new KplInstruments(ProducerRole.Embedded, () => Streams, Listening.Throws, this);

    /// <summary>The streams that gauges read.</summary>
    public IReadOnlyList<IMeasuredStream> Streams { get; set; } = [];

    public Meter Create(MeterOptions options)
    {
        options.Scope = this;
        var meter = new Meter(options);
        _meters.Add(meter);
        return meter;
    }

    public void Dispose() => _meters.ForEach(static m => m.Dispose());
}

/// <summary>A stream of which gauges read what a test says.</summary>
internal sealed class MeasuredStream(string stream) : IMeasuredStream
{
    public string Stream => stream;

    public StreamLedger Ledger => default;

    public long OutstandingBytes { get; set; }

    public TimeSpan OldestRecordAge { get; init; }

    public BacklogStatus? BacklogStatus { get; init; }

    public IEnumerable<ShardMeasures> ServedMeasures { get; init; } = [];
}
