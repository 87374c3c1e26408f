using Orleans.Kpl.Administration;

namespace Orleans.Kpl.Pipeline.Telemetry;

/// <summary>
/// Keeps the last hour of each stream of this process, for pages that are opened later: a look at its counters every five seconds, and six KiB a
/// stream. Safe on any thread.
/// </summary>
internal sealed class RecentRates : IDisposable
{
    /// <summary>How many periods are kept.</summary>
    public const int Kept = 120;

    /// <summary>How many streams are kept; further ones have no past.</summary>
    public const int MostStreams = 64;

    /// <summary>How often the counters are looked at.</summary>
    public static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

    private readonly Func<IEnumerable<StreamReport>> _look;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, StreamPast> _streams = new(StringComparer.Ordinal);
    private readonly ITimer _timer;
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
            return _streams.GetValueOrDefault(stream)?.LastAccepted ?? 0;
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
            // Streams that have closed make room for others.
            foreach (var closed in _streams.Keys.Except(reports.Select(static r => r.Stream)).ToList())
                _streams.Remove(closed);
            foreach (var report in reports)
            {
                if (!_streams.TryGetValue(report.Stream, out var past))
                {
                    if (_streams.Count == MostStreams)
                        continue;
                    _streams[report.Stream] = past = new StreamPast(report.Stream);
                }

                past.Add(report, seconds);
            }
        }
    }
}
