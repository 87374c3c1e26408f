using Orleans.Kpl.Administration;

namespace Orleans.Kpl.Pipeline.Telemetry;

/// <summary>The last periods of one stream. Not thread-safe.</summary>
/// <param name="begun">The counts with which the first period begins.</param>
internal sealed class StreamPast(StreamReport begun)
{
    private readonly Queue<(long Accepted, long Failed, long InFlight, long InBacklog, long Calls)> _periods = new(RecentRates.Kept);
    private StreamReport _begun = begun;
    private double _passed;
    private int _unchanged;

    /// <summary>Whether nothing has happened for all the time that is kept, and nothing waits.</summary>
    public bool TellsNothing => _unchanged >= RecentRates.Kept && _begun.Ledger is { InFlight: 0, InBacklog: 0 };

    public void Add(StreamReport report, double seconds)
    {
        _passed += seconds;
        if (_passed < StreamHistory.PeriodSeconds - 1)
            return;
        var (was, now) = (_begun.Ledger, report.Ledger);
        if (_periods.Count == RecentRates.Kept)
            _periods.Dequeue();
        _periods.Enqueue((
            Rate(was.Accepted, now.Accepted, _passed), Rate(was.Failed + was.Unknown, now.Failed + now.Unknown, _passed),
            now.InFlight, now.InBacklog, Rate(_begun.Calls, report.Calls, _passed)));
        _unchanged = was == now ? _unchanged + 1 : 0;
        (_begun, _passed) = (report, 0);
    }

    /// <summary>How much a count has grown a second. One is smaller than before where a stream was opened anew.</summary>
    public static long Rate(long before, long after, double seconds) => (long)Math.Round(Math.Max(0, after - before) / seconds);

    public StreamHistory ToHistory() => new()
    {
        Accepted = [.. _periods.Select(static p => p.Accepted)],
        Failed = [.. _periods.Select(static p => p.Failed)],
        InFlight = [.. _periods.Select(static p => p.InFlight)],
        InBacklog = [.. _periods.Select(static p => p.InBacklog)],
        Calls = [.. _periods.Select(static p => p.Calls)],
    };
}
