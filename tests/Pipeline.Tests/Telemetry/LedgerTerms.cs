using System.Diagnostics.Metrics;

namespace Orleans.Kpl.Pipeline.Tests.Telemetry;

/// <summary>What the metrics of one producer tell of the terms of its ledger: at rest they are the same, whatever happened before.</summary>
internal sealed class LedgerTerms : IMeterFactory
{
    private static readonly string[] Names = ["UserRecordsReceived", "UserRecordsPut", "UserRecordsFailed", "UserRecordsUnknown"];

    private readonly MeterListener _listener = new();
    private readonly string _stream;
    private readonly long[] _sums = new long[Names.Length];

    /// <param name="stream">The stream whose records count.</param>
    public LedgerTerms(string stream)
    {
        _stream = stream;
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter.Scope, this) && Array.IndexOf(Names, instrument.Name) is >= 0 and var place)
                listener.EnableMeasurementEvents(instrument, place);
        };
        _listener.SetMeasurementEventCallback<long>((_, value, tags, place) =>
        {
            foreach (var tag in tags)
            {
                if (tag.Key == "StreamName" && Equals(tag.Value, _stream))
                    Interlocked.Add(ref _sums[(int)place!], value);
            }
        });
        _listener.Start();
    }

    /// <inheritdoc />
    public Meter Create(MeterOptions options)
    {
        options.Scope = this;
        return new Meter(options);
    }

    /// <summary>Received, put, failed and unknown are the ledger's.</summary>
    public void AssertAre(StreamLedger ledger) =>
        Assert.Equal((ledger.Accepted, ledger.Delivered, ledger.Failed, ledger.Unknown), (_sums[0], _sums[1], _sums[2], _sums[3]));

    /// <inheritdoc />
    public void Dispose() => _listener.Dispose();
}
