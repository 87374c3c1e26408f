using Orleans.Kpl.Pipeline.Load;
using Orleans.Kpl.Pipeline.Road.Limiting;
using Orleans.Kpl.Scaling.Running;

namespace Orleans.Kpl.Scaling.Heat;

/// <summary>
/// A stream's load over its hash keys and time, for an hour, a day and a week, within a mebibyte: each minute is counted once, from what its shards
/// observed. Rates are those of the time in which a shard was observed, so a shard that begins within a minute is as warm as it is. Not thread-safe.
/// </summary>
internal sealed class HeatHistory
{
    /// <summary>The shards of all lists together: of a stream that has more, or whose owners change all the time, older columns forget theirs.</summary>
    public const int MostShards = 2_048;

    /// <summary>The characters of a partition key that are kept.</summary>
    public const int MostText = 32;

    /// <summary>A shard that was observed for less of a minute tells no rate.</summary>
    private const double LeastSeconds = 5;

    // The running minute may have failures already.
    private readonly HeatRing _minutes = new(60 + 1, 1);
    private readonly HeatRing _quarters = new(96, 15);
    private readonly HeatRing _hours = new(168, 60);
    private readonly Queue<HeatShard[]> _shards = [];
    private Dictionary<string, SeenSpread?> _seen = [];
    private HeatShard[]? _last;
    private string? _owner;
    private long? _next;

    /// <summary>Whether no load was seen yet.</summary>
    public bool IsEmpty => _next is null;

    /// <summary>Adds the minutes that were not counted yet.</summary>
    /// <param name="loads">What the shards observed, one of each.</param>
    public void Add(DateTimeOffset now, IEnumerable<OwnedLoad> loads)
    {
        var observed = loads.Where(static l => l.Report is not null).ToList();
        if (_next is null && observed.Count == 0)
            return;
        var end = MinuteOf(now);
        var oldest = observed.Select(l => MinuteOf(now - l.Report!.RunningFor - TimeSpan.FromMinutes(l.Report.Minutes.Count))).Append(end).Min();
        var next = Math.Max(_next ?? oldest, end - MinuteCounts.Kept);
        _next = Math.Max(_next ?? end, end);
        if (next >= end)
            return;
        var spreads = observed.ToDictionary(static l => l.ShardId, l => ShardSpread.Of(l.Report!, now, _seen.GetValueOrDefault(l.ShardId)));
        _seen = spreads.Where(static s => s.Value.Seen is not null).ToDictionary(static s => s.Key, static s => s.Value.Seen);
        var shards = ShardsOf(observed);
        for (; next < end; next++)
        {
            var isLatest = next == end - 1;
            Count(next, now, observed, l => isLatest ? spreads[l].Spread.Latest : spreads[l].Spread.Settled, isLatest ? shards : null);
        }
    }

    /// <summary>Adds a record that ended without success.</summary>
    /// <param name="hashKey">Its hash key; null where it is not known.</param>
    public void AddFailure(DateTimeOffset at, UInt128? hashKey)
    {
        foreach (var ring in (HeatRing[])[_minutes, _quarters, _hours])
            ring.Of(MinuteOf(at))?.AddFailed(HeatRange.RowOf(hashKey ?? 0));
    }

    /// <summary>Returns the picture.</summary>
    public StreamHeat Of(string stream, HeatSpan span, DateTimeOffset now)
    {
        var ring = span switch { HeatSpan.Hour => _minutes, HeatSpan.Day => _quarters, _ => _hours };
        HeatSums[] columns = [.. ring.Until(MinuteOf(now)).Where(static c => c.Minutes > 0)];
        HeatShard[][] shards = [.. columns.Select(static c => c.Shards).OfType<HeatShard[]>().Distinct()];
        return new StreamHeat
        {
            Stream = stream,
            Span = span,
            Rows = HeatSums.Rows,
            ColumnSeconds = ring.Length * 60,
            Columns = [.. columns.Select(c => c.ToColumn(c.Shards is { } of ? Array.IndexOf(shards, of) : null))],
            Shards = shards,
        };
    }

    private static long MinuteOf(DateTimeOffset at) => at.UtcTicks / TimeSpan.TicksPerMinute;

    private void Count(long minute, DateTimeOffset now, List<OwnedLoad> loads, Func<string, double[]> spreadOf, HeatShard[]? shards)
    {
        var one = new HeatSums(minute);
        var keys = new List<HeatKey>();
        foreach (var load in loads)
        {
            var report = load.Report!;
            var range = HeatRange.Of(report.Range.StartingHashKey, report.Range.EndingHashKey);
            var (bytes, records, throttled, seconds) = Within(minute, report, now);
            one.AddThrottled(range.Middle, throttled);
            if (seconds < LeastSeconds)
                continue;
            var use = Math.Max(bytes / seconds / ShardLimits.BytesPerSecond, records / seconds / ShardLimits.RecordsPerSecond);
            var kib = bytes / seconds / 1024;
            one.AddShard(range, spreadOf(load.ShardId), kib, records / seconds, use);
            if (shards is not null && kib > 0)
                keys.AddRange(report.HotKeys.Select(k => new HeatKey { HashKey = k.Hash, KiBPerSecond = MathF.Round((float)(k.Share * kib), 3), PartitionKey = Cut(k.Key) }));
        }

        one.Close(shards, keys);
        foreach (var ring in (HeatRing[])[_minutes, _quarters, _hours])
            ring.Of(minute)?.Add(one);
    }

    /// <summary>Returns what a shard had within a minute of the clock. Its own minutes begin with its first record, and the running one counts for what it is.</summary>
    private static (double Bytes, double Records, long Throttled, double Seconds) Within(long minute, ShardLoadReport report, DateTimeOffset now)
    {
        var closed = now.UtcTicks - report.RunningFor.Ticks;
        var (from, to) = (minute * TimeSpan.TicksPerMinute, (minute + 1) * TimeSpan.TicksPerMinute);
        var (bytes, records, throttled, ticks) = (0.0, 0.0, 0L, 0L);
        var first = closed - (report.Minutes.Count * TimeSpan.TicksPerMinute);
        for (var i = Math.Max(0, (int)((from - first) / TimeSpan.TicksPerMinute)); i <= report.Minutes.Count; i++)
        {
            var begin = first + (i * TimeSpan.TicksPerMinute);
            var isRunning = i == report.Minutes.Count;
            var length = isRunning ? report.RunningFor.Ticks : TimeSpan.TicksPerMinute;
            var (count, overlap) = (isRunning ? report.Running : report.Minutes[i], Math.Min(to, begin + length) - Math.Max(from, begin));
            if (begin >= to)
                break;
            // Counts that may be small are not divided: they are those of the minute of the clock in which the shard's minute ended.
            if (!isRunning && begin + length > from && begin + length <= to)
                throttled += count.Throttled;
            if (overlap <= 0)
                continue;
            bytes += count.DeliveredBytes * (double)overlap / length;
            records += count.Delivered * (double)overlap / length;
            ticks += overlap;
        }

        return (bytes, records, throttled, (double)ticks / TimeSpan.TicksPerSecond);
    }

    /// <summary>Returns the shards, as the same list while they are the same; null for too many.</summary>
    private HeatShard[]? ShardsOf(List<OwnedLoad> loads)
    {
        var known = (_last ?? []).ToDictionary(static s => s.ShardId);
        HeatShard[] shards = [.. loads.Select(l => ShardOf(l, known)).OrderBy(static s => s.StartingHashKey)];
        if (shards.Length is 0 or > MostShards)
            return null;
        if (_last is not null && shards.SequenceEqual(_last))
            return _last;
        _shards.Enqueue(_last = shards);
        while (_shards.Sum(static s => s.Length) > MostShards)
        {
            var old = _shards.Dequeue();
            foreach (var column in _minutes.All.Concat(_quarters.All).Concat(_hours.All).Where(c => c.Shards == old))
                column.Shards = null;
        }

        return _last;
    }

    /// <summary>Returns a shard. What was known of it is not kept twice.</summary>
    private HeatShard ShardOf(OwnedLoad load, Dictionary<string, HeatShard> known)
    {
        var range = load.Report!.Range;
        var former = known.GetValueOrDefault(load.ShardId);
        if (former is not null && former.OwnerSilo == load.Owner && former.StartingHashKey == range.StartingHashKey && former.EndingHashKey == range.EndingHashKey)
            return former;
        _owner = _owner == load.Owner ? _owner : load.Owner;
        return new HeatShard
        {
            ShardId = former?.ShardId ?? load.ShardId, StartingHashKey = range.StartingHashKey, EndingHashKey = range.EndingHashKey, OwnerSilo = _owner,
        };
    }

    private static string? Cut(string? key) => key is { Length: > MostText } ? key[..MostText] : key;
}
