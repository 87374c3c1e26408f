using Orleans.Kpl.Administration;

namespace Orleans.Kpl.Pipeline.Telemetry;

/// <summary>The last periods of one stream. Not thread-safe.</summary>
/// <param name="stream">A stream that was not there a period ago: all that it has counted, it counted since.</param>
internal sealed class StreamPast(string stream)
{
    private readonly Queue<(long Accepted, long Failed, long InFlight, long InBacklog, long Calls)> _periods = new(RecentRates.Kept);
    private StreamReport _before = new() { Stream = stream };
    private StreamReport _begun = new() { Stream = stream };
    private double _passed;

    /// <summary>Records accepted a second between the last two looks.</summary>
    public long LastAccepted { get; private set; }

    public void Add(StreamReport report, double seconds)
    {
        LastAccepted = Rate(_before.Ledger.Accepted, report.Ledger.Accepted, seconds);
        _before = report;
        _passed += seconds;
        if (_passed < StreamHistory.PeriodSeconds - 1)
            return;
        var (was, now) = (_begun.Ledger, report.Ledger);
        if (_periods.Count == RecentRates.Kept)
            _periods.Dequeue();
        _periods.Enqueue((
            Rate(was.Accepted, now.Accepted, _passed), Rate(was.Failed + was.Unknown, now.Failed + now.Unknown, _passed),
            now.InFlight, now.InBacklog, Rate(_begun.Calls, report.Calls, _passed)));
        (_begun, _passed) = (report, 0);

        // A count is smaller than before where a stream was opened anew.
        static long Rate(long before, long after, double seconds) => (long)Math.Round(Math.Max(0, after - before) / seconds);
    }

    public StreamHistory ToHistory() => new()
    {
        Accepted = [.. _periods.Select(static p => p.Accepted)],
        Failed = [.. _periods.Select(static p => p.Failed)],
        InFlight = [.. _periods.Select(static p => p.InFlight)],
        InBacklog = [.. _periods.Select(static p => p.InBacklog)],
        Calls = [.. _periods.Select(static p => p.Calls)],
    };
}
