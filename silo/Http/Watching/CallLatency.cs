using System.Diagnostics.Metrics;

namespace Orleans.Kpl.Http.Watching;

/// <summary>
/// Measures the calls to Kinesis that this process makes for one stream, while somebody watches. Its listener hears one instrument, which measures
/// once a call.
/// </summary>
internal sealed class CallLatency : IDisposable
{
    /// <summary>The instrument of docs/metrics.md: each PutRecords call, in milliseconds.</summary>
    private const string Instrument = "RequestTime";

    /// <summary>Buckets grow by an eighth: a percentile is at most so much too high.</summary>
    private const double Growth = 1.125;
    private const int Buckets = 128;

    private readonly MeterListener _listener = new();
    private long[] _counts = new long[Buckets];

    public CallLatency(string stream)
    {
        Stream = stream;
        _listener.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Name == Instrument && instrument.Meter.Name == KplDiagnostics.MeterName)
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<double>((_, milliseconds, tags, _) => Add(milliseconds, tags));
        _listener.Start();
    }

    /// <summary>The stream's name, as calls are counted by it.</summary>
    public string Stream { get; set; }

    /// <summary>Returns how many calls ended since the last time, with their median and 99th percentile in milliseconds; null where none did.</summary>
    public (long Calls, double P50, double P99)? Take()
    {
        var counts = Interlocked.Exchange(ref _counts, new long[Buckets]);
        var calls = counts.Sum();
        return calls == 0 ? null : (calls, At(counts, (calls + 1) / 2), At(counts, calls - (calls / 100)));
    }

    public void Dispose() => _listener.Dispose();

    private void Add(double milliseconds, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        foreach (var tag in tags)
        {
            if (tag.Key == "StreamName" && (tag.Value as string) != Stream)
                return;
        }

        var bucket = milliseconds <= 0.01 ? 0 : (int)Math.Clamp(Math.Ceiling(Math.Log(milliseconds / 0.01, Growth)), 0, Buckets - 1);
        Interlocked.Increment(ref Volatile.Read(ref _counts)[bucket]);
    }

    private static double At(long[] counts, long rank)
    {
        var bucket = 0;
        for (var seen = counts[0]; seen < rank && bucket < counts.Length - 1; seen += counts[bucket])
            bucket++;
        return 0.01 * Math.Pow(Growth, bucket);
    }
}
