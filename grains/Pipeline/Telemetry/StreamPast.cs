using Orleans.Kpl.Administration;

namespace Orleans.Kpl.Pipeline.Telemetry;

/// <summary>The last periods of one stream. Not thread-safe.</summary>
internal sealed class StreamPast
{
    private readonly Queue<(long Accepted, long Delivered, long Failed, long InFlight, long InBacklog, long Calls)> _periods = new(RecentRates.Kept);
    private StreamReport _before;

    private StreamPast(StreamReport before) => _before = before;

    /// <summary>Records accepted a second in the last period.</summary>
    public long LastAccepted { get; private set; }

    /// <summary>Begins with a stream that was not there a period ago: all that it counted, it counted since.</summary>
    public static StreamPast Begin(StreamReport report, double seconds)
    {
        var past = new StreamPast(new StreamReport { Stream = report.Stream });
        past.Add(report, seconds);
        return past;
    }

    public void Add(StreamReport report, double seconds)
    {
        var (was, now, calls) = (_before.Ledger, report.Ledger, _before.Calls);
        _before = report;
        LastAccepted = Rate(was.Accepted, now.Accepted);
        if (_periods.Count == RecentRates.Kept)
            _periods.Dequeue();
        _periods.Enqueue((
            LastAccepted, Rate(was.Delivered, now.Delivered), Rate(was.Failed + was.Unknown, now.Failed + now.Unknown), now.InFlight, now.InBacklog,
            Rate(calls, report.Calls)));

        // What was counted is smaller than before where a stream was opened anew.
        long Rate(long before, long after) => (long)Math.Round(Math.Max(0, after - before) / seconds);
    }

    public StreamHistory ToHistory() => new()
    {
        Accepted = [.. _periods.Select(static p => p.Accepted)],
        Delivered = [.. _periods.Select(static p => p.Delivered)],
        Failed = [.. _periods.Select(static p => p.Failed)],
        InFlight = [.. _periods.Select(static p => p.InFlight)],
        InBacklog = [.. _periods.Select(static p => p.InBacklog)],
        Calls = [.. _periods.Select(static p => p.Calls)],
    };
}
