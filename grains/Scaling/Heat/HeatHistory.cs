using Orleans.Kpl.Pipeline.Load;
using Orleans.Kpl.Pipeline.Road.Limiting;

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
    private Queue<HeatShard[]> _shards = [];
    private Dictionary<string, SeenSpread?> _seen = [];
    private HeatShard[]? _last;
    private string? _owner;
    private long? _next;
    private long _from;

    private HeatRing[] Rings => [_minutes, _quarters, _hours];

    /// <summary>Whether no load was seen yet.</summary>
    public bool IsEmpty => _next is null;

    /// <summary>Returns what is kept across restarts.</summary>
    public KeptHeat Keep()
    {
        HeatShard[][] shards = [.. _shards];
        return new KeptHeat(shards, [.. Rings.Select(r => (HeatColumn[])[.. r.All.Where(static c => c.Minutes > 0)
            .Select(c => c.ToColumn(c.Shards is { } of ? Array.IndexOf(shards, of) : null))])]);
    }

    /// <summary>Goes on from what was kept. Columns after it are not believed, and what a shard saw before its end is in them.</summary>
    /// <exception cref="InvalidDataException">It is another picture.</exception>
    public static HeatHistory Of(KeptHeat kept, DateTimeOffset until)
    {
        var history = new HeatHistory { _from = MinuteOf(until) };
        var names = new Dictionary<string, string>();
        HeatShard[][] shards = [.. kept.Shards.Select(l => l.Select(s => s with { ShardId = OneOf(s.ShardId)!, OwnerSilo = OneOf(s.OwnerSilo) }).ToArray())];
        (history._shards, history._last) = (new(shards), shards.LastOrDefault());
        foreach (var (ring, columns) in history.Rings.Zip(kept.Columns))
        {
            foreach (var column in columns.Where(c => c.From < until))
                ring.Put(HeatSums.Of(column, column.Shards is { } at ? shards[at] : null));
        }

        return history;

        // The same names are in many lists.
        string? OneOf(string? name) => name is null ? null : names.TryGetValue(name, out var known) ? known : names[name] = name;
    }

    /// <summary>Adds the minutes that were not counted yet.</summary>
    /// <param name="loads">What the shards observed, one of each.</param>
    public void Add(DateTimeOffset now, IReadOnlyList<ShardSeen> loads)
    {
        if (_next is null && loads.Count == 0)
            return;
        var end = MinuteOf(now);
        var oldest = loads.Select(l => MinuteOf(now - l.Report.RunningFor - TimeSpan.FromMinutes(l.Report.Minutes.Count))).Append(end).Min();
        var next = Math.Max(_next ?? Math.Max(oldest, _from), end - MinuteCounts.Kept);
        _next = Math.Max(_next ?? end, end);
        if (next >= end)
            return;
        var spreads = loads.ToDictionary(static l => l.ShardId, l => HeatSpread.Of(l.Report, now, _seen.GetValueOrDefault(l.ShardId)));
        _seen = spreads.Where(static s => s.Value.Seen is not null).ToDictionary(static s => s.Key, static s => s.Value.Seen);
        var former = _last;
        var shards = ShardsOf(loads);
        var closed = former is null || shards is null ? [] : ClosedOf(former, shards);
        for (; next < end; next++)
        {
            var isLatest = next == end - 1;
            Count(next, now, loads, l => isLatest ? spreads[l].Spread.Latest : spreads[l].Spread.Settled, isLatest ? shards : null, closed);
        }
    }

    /// <summary>Adds a record that ended without success; one that ended before what was kept is in it.</summary>
    public void AddFailure(DateTimeOffset at, UInt128 hashKey)
    {
        foreach (var ring in MinuteOf(at) < _from ? [] : Rings)
            ring.Of(MinuteOf(at))?.AddFailed(HeatRange.RowOf(hashKey));
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

    private void Count(long minute, DateTimeOffset now, IReadOnlyList<ShardSeen> loads, Func<string, double[]> spreadOf, HeatShard[]? shards,
        HeatRange[] closed)
    {
        var one = new HeatSums(minute);
        var keys = new List<HeatKey>();
        var seen = new List<HeatRange>();
        foreach (var load in loads)
        {
            var report = load.Report;
            var range = HeatRange.Of(report.Range.StartingHashKey, report.Range.EndingHashKey);
            var (bytes, records, throttled, seconds) = Within(minute, report, now);
            one.AddThrottled(range.Middle, throttled);
            if (seconds < LeastSeconds)
                continue;
            seen.Add(range);
            var use = Math.Max(bytes / seconds / ShardLimits.BytesPerSecond, records / seconds / ShardLimits.RecordsPerSecond);
            var kib = bytes / seconds / 1024;
            one.AddShard(range, spreadOf(load.ShardId), kib, records / seconds, use);
            if (shards is not null && kib > 0)
                keys.AddRange(report.HotKeys.Select(k => KeyOf(k, kib)));
        }

        foreach (var range in closed.Where(c => !seen.Any(c.Overlaps)))
            one.Carry(_minutes.Of(minute - 1), range);
        one.Close(shards, keys);
        foreach (var ring in Rings)
            ring.Of(minute)?.Add(one);
    }

    /// <summary>
    /// Returns what a shard had within a minute of the clock. Its own minutes begin with its first record, and the running one counts for what it is.
    /// </summary>
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
    private HeatShard[]? ShardsOf(IReadOnlyList<ShardSeen> loads)
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
            foreach (var column in Rings.SelectMany(static r => r.All).Where(c => c.Shards == old))
                column.Shards = null;
        }

        return _last;
    }

    /// <summary>
    /// Returns the ranges of shards that a reshard has closed since the last look. What they took after it is told by nobody: until others are seen, they
    /// count as they were in the minute before.
    /// </summary>
    private static HeatRange[] ClosedOf(HeatShard[] former, HeatShard[] shards)
    {
        HeatShard[] opened = [.. shards.ExceptBy(former.Select(static s => s.ShardId), static s => s.ShardId)];
        return [.. former.ExceptBy(shards.Select(static s => s.ShardId), static s => s.ShardId)
            .Where(s => opened.Any(s.Overlaps)).Select(static s => HeatRange.Of(s.StartingHashKey, s.EndingHashKey))];
    }

    /// <summary>Returns a shard. What was known of it is not kept twice.</summary>
    private HeatShard ShardOf(ShardSeen load, Dictionary<string, HeatShard> known)
    {
        var range = load.Report.Range;
        var former = known.GetValueOrDefault(load.ShardId);
        if (former is not null && (former.OwnerSilo, former.StartingHashKey, former.EndingHashKey) == (load.Owner, range.StartingHashKey, range.EndingHashKey))
            return former;
        _owner = _owner == load.Owner ? _owner : load.Owner;
        return new HeatShard
        {
            ShardId = former?.ShardId ?? load.ShardId, StartingHashKey = range.StartingHashKey, EndingHashKey = range.EndingHashKey, OwnerSilo = _owner,
        };
    }

    private static HeatKey KeyOf(HotKey key, double kib) => new()
    {
        HashKey = key.Hash,
        KiBPerSecond = HeatSums.Rounded(key.Share * kib),
        PartitionKey = key.Key is { Length: > MostText } text ? text[..MostText] : key.Key,
    };
}

/// <summary>What a shard's owner observed of it.</summary>
/// <param name="Owner">The owner's name; null for an embedded producer.</param>
internal readonly record struct ShardSeen(string? Owner, ShardLoadReport Report)
{
    public string ShardId => Report.Range.ShardId;
}

/// <summary>A picture as it is kept.</summary>
/// <param name="Shards">The lists of shards, oldest first.</param>
/// <param name="Columns">The columns by the minute, by quarters of an hour and by the hour.</param>
internal sealed record KeptHeat(HeatShard[][] Shards, HeatColumn[][] Columns);
