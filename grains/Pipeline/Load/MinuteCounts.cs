using Orleans.Kpl.Pipeline.Road.Limiting;

namespace Orleans.Kpl.Pipeline.Load;

/// <summary>
/// The last complete minutes of a shard. They are those of the wall clock as it was when the shard was first observed, which was within the first one. Not
/// thread-safe.
/// </summary>
/// <param name="now">When the shard is first observed.</param>
/// <param name="passed">How much of the wall clock's minute had passed then, in ticks.</param>
internal sealed class MinuteCounts(long now, long passed)
{
    /// <summary>The number of complete minutes kept: an hour, which is as far back as scaling in looks by default.</summary>
    public const int Kept = 60;

    private readonly long _start = now - passed;

    // The newest last.
    private readonly List<MinuteCount> _complete = [];
    private MinuteCount _running;
    private long _minute;

    /// <summary>The current, incomplete minute.</summary>
    public ref MinuteCount Running => ref _running;

    /// <summary>How much of the current minute was observed.</summary>
    public TimeSpan RunningFor(long now) => TimeSpan.FromTicks(Math.Max(0, now - _start - (_minute == 0 ? passed : _minute * TimeSpan.TicksPerMinute)));

    /// <summary>How much of the first of the complete minutes had passed when the shard was first observed.</summary>
    public TimeSpan Unseen => TimeSpan.FromTicks(_minute is > 0 and <= Kept ? passed : 0);

    /// <summary>Closes the minutes that have passed, and returns how many they are.</summary>
    public long AdvanceTo(long now)
    {
        var minute = (now - _start) / TimeSpan.TicksPerMinute;
        var passed = minute - _minute;
        if (passed <= 0)
            return 0;
        for (var closed = 0; closed < Math.Min(passed, Kept + 1); closed++)
        {
            if (_complete.Count == Kept)
                _complete.RemoveAt(0);
            _complete.Add(_running);
            _running = default;
        }

        _minute = minute;
        return passed;
    }

    /// <summary>The last complete minute; null before the first that was observed from its beginning has passed.</summary>
    public MinuteCount? Last => _minute == 0 || (_minute == 1 && passed > 0) ? null : _complete[^1];

    /// <summary>The complete minutes, newest last; fewer than <see cref="Kept"/> while the shard is young.</summary>
    public MinuteCount[] ToArray() => [.. _complete];
}

/// <summary>The counts of one shard in one minute.</summary>
/// <param name="UserRecords">User records that were offered for sending.</param>
/// <param name="OfferedRecords">Kinesis records that were offered for sending, each counted once.</param>
/// <param name="OfferedBytes">Their bytes, keys included.</param>
/// <param name="Delivered">Kinesis records that Kinesis accepted.</param>
/// <param name="DeliveredBytes">Their bytes, keys included.</param>
/// <param name="Throttled">Kinesis records that Kinesis throttled, counted once for each attempt.</param>
internal readonly record struct MinuteCount(long UserRecords, long OfferedRecords, long OfferedBytes, long Delivered, long DeliveredBytes, long Throttled)
{
    /// <summary>The load that Kinesis bills for the offered records.</summary>
    public BilledLoad Billed { get; init; }

    /// <summary>User records in the Kinesis records that Kinesis accepted.</summary>
    public long DeliveredUserRecords { get; init; }

    /// <summary>
    /// The demand as a share of a shard's capacity per minute, by the scarcer of records and bytes. Above 1 the shard cannot keep up.
    /// </summary>
    public double Utilisation => UtilisationBy(OfferedRecords);

    /// <summary>The demand, had every user record been a Kinesis record of its own.</summary>
    public double UtilisationAlone => UtilisationBy(UserRecords);

    public static MinuteCount operator +(MinuteCount a, MinuteCount b) =>
        new(a.UserRecords + b.UserRecords, a.OfferedRecords + b.OfferedRecords, a.OfferedBytes + b.OfferedBytes, a.Delivered + b.Delivered,
            a.DeliveredBytes + b.DeliveredBytes, a.Throttled + b.Throttled)
        { Billed = a.Billed + b.Billed, DeliveredUserRecords = a.DeliveredUserRecords + b.DeliveredUserRecords };

    private double UtilisationBy(long records) => Math.Max(records / (60 * ShardLimits.RecordsPerSecond), OfferedBytes / (60 * ShardLimits.BytesPerSecond));
}
