using Orleans.Kpl.Administration;

namespace Orleans.Kpl.Pipeline.Telemetry;

/// <summary>
/// Keeps the last hour of each stream of this process, for pages that are opened later: a look at its counters every five seconds, and six KiB a
/// stream. A stream that has closed keeps its counters: its past stays until it has nothing to tell, and another stream needs the place. Safe on any thread.
/// </summary>
internal sealed class RecentRates : IDisposable
{
    /// <summary>How many periods are kept.</summary>
    public const int Kept = 120;

    /// <summary>How many streams are kept; further ones have a rate, and no past.</summary>
    public const int MostStreams = 64;

    /// <summary>How often the counters are looked at.</summary>
    public static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

    private readonly Func<IEnumerable<StreamReport>> _look;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, StreamPast> _streams = new(StringComparer.Ordinal);
    private readonly ITimer _timer;
    private Dictionary<string, (StreamReport Report, long Accepted)> _last = new(StringComparer.Ordinal);
    private Dictionary<string, (StreamReport Report, long Accepted)> _before = new(StringComparer.Ordinal);
    private long _lookedAt;

    public RecentRates(Func<IEnumerable<StreamReport>> look, TimeProvider time)
    {
        (_look, _time, _lookedAt) = (look, time, time.GetTimestamp());
        _timer = time.CreateTimer(static r => ((RecentRates)r!).Note(), this, Every, Every);
    }

    /// <summary>Returns what is kept of a stream; null for nothing.</summary>
    public StreamHistory? Of(string stream)
    {
        lock (_lock)
            return _streams.GetValueOrDefault(stream)?.ToHistory();
    }

    /// <summary>Returns how many records of a stream were accepted a second between the last two looks.</summary>
    public double AcceptedPerSecond(string stream)
    {
        lock (_lock)
            return _last.GetValueOrDefault(stream).Accepted;
    }

    public void Dispose() => _timer.Dispose();

    private void Note()
    {
        lock (_lock)
        {
            var now = _time.GetTimestamp();
            var seconds = _time.GetElapsedTime(_lookedAt, now).TotalSeconds;
            if (seconds <= 0)
                return;
            _lookedAt = now;
            List<StreamReport> reports = [.. _look()];
            (_before, _last) = (_last, _before);
            _last.Clear();
            foreach (var report in reports)
                _last[report.Stream] = (report, StreamPast.Rate(BeforeOf(report).Ledger.Accepted, report.Ledger.Accepted, seconds));
            // Streams that were forgotten make room for others.
            foreach (var gone in _streams.Keys.Except(_last.Keys).ToList())
                _streams.Remove(gone);
            foreach (var report in reports)
                Add(report, seconds);
        }
    }

    private void Add(StreamReport report, double seconds)
    {
        if (!_streams.TryGetValue(report.Stream, out var past))
        {
            var before = BeforeOf(report);
            if (!HasPlaceFor(report, before))
                return;
            _streams[report.Stream] = past = new StreamPast(before);
        }

        past.Add(report, seconds);
    }

    /// <summary>The stream at the look before. One that was not there has counted since all that it has counted.</summary>
    private StreamReport BeforeOf(StreamReport report) =>
        _before.GetValueOrDefault(report.Stream).Report ?? new StreamReport { Stream = report.Stream };

    private bool HasPlaceFor(StreamReport report, StreamReport before)
    {
        if (_streams.Count == MostStreams && report.Ledger != before.Ledger && _streams.FirstOrDefault(static s => s.Value.TellsNothing).Key is { } silent)
            _streams.Remove(silent);
        return _streams.Count < MostStreams;
    }
}
