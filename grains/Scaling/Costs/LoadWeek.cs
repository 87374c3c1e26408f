using Orleans.Kpl.Pipeline.Load;

namespace Orleans.Kpl.Scaling.Costs;

/// <summary>
/// Sums up a stream's load by the hour, for a week, from what its shards observed by the minute. Each minute counts once, however often it is looked
/// at; one that no shard tells of counts as quiet. Not thread-safe.
/// </summary>
/// <param name="kept">The hours that were kept, oldest first.</param>
/// <param name="until">Until when they have everything; a minute before that does not count again.</param>
internal sealed class LoadWeek(IReadOnlyList<LoadSum> kept, DateTimeOffset until)
{
    /// <summary>How many hours are kept.</summary>
    public const int Kept = 7 * 24;

    private readonly Queue<LoadSum> _hours = new(kept.SkipLast(1));
    private LoadSum? _running = kept.Count > 0 ? kept[^1] : null;
    private long? _next;

    public LoadWeek()
        : this([], default)
    {
    }

    /// <summary>The hours, oldest first; the last is the running one.</summary>
    public IReadOnlyList<LoadSum> Hours => _running is null ? [] : [.. _hours, _running];

    /// <summary>Adds the minutes that were not counted yet.</summary>
    /// <param name="reports">What the shards observed; one of each.</param>
    /// <param name="most">How many minutes may be new after the first look: where the clock was set forward, fewer have passed than it says.</param>
    public void Add(DateTimeOffset now, IEnumerable<ShardLoadReport> reports, int most)
    {
        var end = now.UtcTicks / TimeSpan.TicksPerMinute;
        var minutes = new MinuteCount[MinuteCounts.Kept];
        var (oldest, told) = (end, end);
        foreach (var report in reports)
        {
            // Where the shard's clock is behind, its minute has not ended yet, and waits for the next look.
            var running = report.RunningFrom(now) / TimeSpan.TicksPerMinute;
            told = Math.Min(told, Math.Max(running, end - 1));
            for (var i = 0; i < report.Minutes.Count; i++)
            {
                var at = running - report.Minutes.Count + i;
                if (at >= end || at < end - minutes.Length)
                    continue;
                minutes[end - 1 - at] += report.Minutes[i];
                oldest = Math.Min(oldest, at);
            }
        }

        // The clock was set back. What comes from here on is new.
        if (_next > end + 1)
            _next = end;
        var first = _next is { } next ? Math.Max(next, end - most) : Math.Max(Math.Max(oldest, until.UtcTicks / TimeSpan.TicksPerMinute), end - minutes.Length);
        for (var at = first; at < told; at++)
            Count(at, minutes[end - 1 - at]);
        _next = Math.Max(_next ?? told, told);
    }

    private void Count(long minute, MinuteCount load)
    {
        var from = new DateTimeOffset(minute / 60 * TimeSpan.TicksPerHour, TimeSpan.Zero);
        // Hours stay in their order, also where the clock was set back.
        if (_running?.From > from)
            from = _running.From;
        if (_running is { } former && former.From != from)
        {
            _hours.Enqueue(former);
            _running = null;
        }

        while (_hours.TryPeek(out var first) && from - first.From >= TimeSpan.FromHours(Kept))
            _hours.Dequeue();
        var sum = _running ?? new LoadSum { From = from };
        _running = sum with
        {
            Minutes = sum.Minutes + 1,
            UserRecords = sum.UserRecords + load.UserRecords,
            Records = sum.Records + load.OfferedRecords,
            Bytes = sum.Bytes + load.OfferedBytes,
            PutUnits = sum.PutUnits + load.Billed.Units,
            BilledKiB = sum.BilledKiB + load.Billed.KiB,
            PutUnitsAlone = sum.PutUnitsAlone + load.Billed.UnitsAlone,
            BilledKiBAlone = sum.BilledKiBAlone + load.Billed.KiBAlone,
            PeakShards = Math.Max(sum.PeakShards, load.Utilisation),
            PeakShardsAlone = Math.Max(sum.PeakShardsAlone, load.UtilisationAlone),
        };
    }
}
