using Orleans.Kpl.Pipeline.Rates;

namespace Orleans.Kpl.Pipeline.Load;

/// <summary>
/// Judges what each throttle of a shard shows. It adds up what the shard took from here within a second and a round trip, what it refused, and one more
/// record of that size. If this is nearly what a shard takes in a second, large records and late calls alone can have caused the throttle. If it is less,
/// somebody else writes there. Not thread-safe.
/// </summary>
internal sealed class ThrottleCauses
{
    /// <summary>From this share of a second's worth on, this process may have caused the throttle itself.</summary>
    private const double Enough = 0.85;

    /// <summary>A steady neighbour costs a throttle or two in a minute and a half, so what is older than some minutes hardly counts.</summary>
    private const double KeptPerMinute = 0.7;

    private double _throttles;
    private double _others;

    /// <summary>The share of the throttles of the last minutes, 0 to 1, that show another writer; 0 where there were none.</summary>
    public double OthersShare => _throttles < 0.1 ? 0 : _others / _throttles;

    /// <summary>Notes how many Kinesis records, with how many bytes, one answer told as throttled. Returns what they show.</summary>
    public (double Sent, bool ShowsOthers) Note(int count, long bytes, RecentDeliveries recent, long now)
    {
        var shows = recent.Share(now, count + 1, bytes + (bytes / count)) < Enough;
        _throttles += count;
        if (shows)
            _others += count;
        return (recent.Share(now, count, bytes), shows);
    }

    /// <summary>Lets minutes pass.</summary>
    public void Fade(long minutes)
    {
        var factor = Math.Pow(KeptPerMinute, minutes);
        (_throttles, _others) = (_throttles * factor, _others * factor);
    }
}
