using System.Diagnostics.Metrics;
using Orleans.Kpl.Pipeline.Telemetry;

namespace Orleans.Kpl.Simulation.Judging;

/// <summary>Makes the meter of one process, and adds up the terms of the ledger that its metrics tell.</summary>
internal sealed class CountedTerms : IMeterFactory
{
    private static readonly string[] Names =
    [
        KplMetrics.UserRecordsReceived.Name, KplMetrics.UserRecordsPut.Name, KplMetrics.UserRecordsFailed.Name, KplMetrics.UserRecordsUnknown.Name,
    ];

    // One for all: each instrument carries where its values go.
    private static readonly Lazy<MeterListener> Listener = new(Listen);

    private readonly Term[] _terms = [.. Names.Select(static _ => new Term())];
    private readonly List<Meter> _meters = [];

    /// <summary>Planted: what is delivered is not counted.</summary>
    public bool LosesPut { get; set; }

    /// <summary>Records that were accepted, or found.</summary>
    public long Received => _terms[0].Sum;

    /// <summary>Records that were delivered here, whoever accepted them.</summary>
    public long Put => LosesPut ? 0 : _terms[1].Sum;

    /// <summary>Records that failed.</summary>
    public long Failed => _terms[2].Sum;

    /// <summary>Records of which nobody knows.</summary>
    public long Unknown => _terms[3].Sum;

    /// <inheritdoc />
    public Meter Create(MeterOptions options)
    {
        _ = Listener.Value;
        options.Scope = this;
        var meter = new Meter(options);
        _meters.Add(meter);
        return meter;
    }

    /// <summary>Ends the meter also of a process that was lost.</summary>
    public void Dispose() => _meters.ForEach(static m => m.Dispose());

    public override string ToString() => $"{Received} received, {Put} put, {Failed} failed, {Unknown} unknown";

    private static MeterListener Listen()
    {
        var heard = new MeterListener
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Meter.Scope is CountedTerms terms && Array.IndexOf(Names, instrument.Name) is >= 0 and var i)
                    listener.EnableMeasurementEvents(instrument, terms._terms[i]);
            },
        };
        heard.SetMeasurementEventCallback<long>(static (_, value, _, term) => ((Term)term!).Add(value));
        heard.Start();
        return heard;
    }

    private sealed class Term
    {
        private long _sum;

        public long Sum => Interlocked.Read(ref _sum);

        public void Add(long value) => Interlocked.Add(ref _sum, value);
    }
}
