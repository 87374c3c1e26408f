using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Load;

namespace Orleans.Kpl.Scaling.Heat;

/// <summary>
/// A stream's load over its hash keys and time, for an hour, a day and a week, within a mebibyte: each minute is counted once, from what its shards
/// observed. Rates are those of the time in which a shard was observed, so a shard that begins within a minute is as warm as it is. Not thread-safe.
/// </summary>
internal sealed class HeatHistory
{
    /// <summary>The shards of all lists together: of a stream that has more, or whose owners change all the time, older columns forget theirs.</summary>
    public const int MostShards = 2_048;

    /// <summary>The most shards whose last look is remembered. Where there are more, a row has several, whose minutes begin at different times.</summary>
    private const int MostSeen = 512;

    /// <summary>The characters of a partition key that are kept.</summary>
    public const int MostText = 32;

    // The running minute may have failures already.
    private readonly HeatRing _minutes = new(60 + 1, 1);
    private readonly HeatRing _quarters = new(96, 15);
    private readonly HeatRing _hours = new(168, 60);
    private Queue<HeatShard[]> _shards = [];
    private readonly Dictionary<string, HeatSnapshot.Left> _seen = [];
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
        return new KeptHeat(shards, [.. Rings.Select(r => Told(r.All.Where(static c => c.Minutes > 0), shards))]);
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
            foreach (var column in columns.Where(c => MinuteOf(c.From) < history._from))
                ring.Put(HeatSums.Of(column, column.Shards is { } at ? shards[at] : null));
        }

        return history;

        // The same names are in many lists.
        string? OneOf(string? name) => name is null ? null : names.TryGetValue(name, out var known) ? known : names[name] = name;
    }

    /// <summary>Adds the minutes that were not counted yet.</summary>
    /// <param name="loads">What the shards observed, one of each.</param>
    /// <param name="map">The open shards, also those to which nothing was sent; empty where they are not known.</param>
    /// <param name="most">How many minutes may be new after the first look: where the clock was set forward, fewer have passed than it says.</param>
    public void Add(DateTimeOffset now, IReadOnlyList<OwnedLoad> loads, IReadOnlyList<ShardRange> map, int most)
    {
        ShardLoadReport[] reports = [.. loads.Select(static l => l.Report).OfType<ShardLoadReport>()];
        if (_next is null && reports.Length == 0)
            return;
        var end = MinuteOf(now);
        var oldest = reports.Select(r => FirstOf(r, now)).Append(end).Min();
        // The clock was set back. What comes from here on is new.
        if (_next > end + 1)
        {
            _minutes.ForgetFrom(end);
            _next = end;
        }

        var next = Math.Max(_next ?? Math.Max(oldest, _from), end - (_next is null ? MinuteCounts.Kept : most));
        _next = Math.Max(_next ?? end, end);
        if (next >= end)
            return;
        HeatSnapshot[] looks = [.. reports.Select(r => HeatSnapshot.Of(r, now, next, _seen.GetValueOrDefault(r.Range.ShardId)))];
        foreach (var gone in _seen.Keys.Except(reports.Select(static r => r.Range.ShardId)).ToList())
            _seen.Remove(gone);
        foreach (var (id, look) in reports.Select(static r => r.Range.ShardId).Zip(looks))
        {
            if (_seen.Count < MostSeen || _seen.ContainsKey(id))
                _seen[id] = look.Seen;
        }

        var former = _last;
        var shards = ShardsOf(loads, map.Count > 0 ? map : RangesOf(reports));
        var closed = former is null || shards is null ? [] : ClosedOf(former, shards, looks);
        // When a shard was opened is not told; the first record that it took is.
        var opened = reports.ExceptBy((former ?? []).Select(static s => s.ShardId), static r => r.Range.ShardId);
        var since = former is null || former == shards ? next : opened.Select(r => FirstOf(r, now)).DefaultIfEmpty(end - 1).Min();
        former = _shards.Contains(former!) ? former : null;
        for (; next < end; next++)
            Count(next, looks, next < since ? former : shards, closed, isLast: next == end - 1);
    }

    /// <summary>
    /// Adds a record that ended without success; one that ended before what was kept is in it. In a minute that is not over it is in no longer column yet:
    /// nothing of such a minute is kept, and whoever goes on counts it anew.
    /// </summary>
    public void AddFailure(DateTimeOffset at, UInt128 hashKey)
    {
        var minute = MinuteOf(at);
        foreach (var ring in minute < _from ? [] : minute < _next ? Rings : [_minutes])
            ring.Of(minute)?.AddMark(HeatRange.RowOf(hashKey), 0, 1);
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
            Columns = Told(columns, shards),
            Shards = shards,
        };
    }

    private static HeatColumn[] Told(IEnumerable<HeatSums> columns, HeatShard[][] shards) =>
        [.. columns.Select(c => c.ToColumn(c.Shards is { } of ? Array.IndexOf(shards, of) : null))];

    private static long MinuteOf(DateTimeOffset at) => at.UtcTicks / TimeSpan.TicksPerMinute;

    private static long FirstOf(ShardLoadReport report, DateTimeOffset now) => HeatTime.FirstFrom(report, now) / TimeSpan.TicksPerMinute;

    private void Count(long minute, HeatSnapshot[] looks, HeatShard[]? shards, HeatRange[] closed, bool isLast)
    {
        var one = _minutes.Of(minute)!;
        var keys = new List<HeatKey>();
        var seen = new List<HeatRange>();
        foreach (var look in looks)
        {
            var (rate, throttled) = look.In(minute);
            one.AddMark(look.Range.Middle, throttled, 0);
            if (rate is not { } known)
                continue;
            seen.Add(look.Range);
            one.AddShard(look.Range, isLast ? look.Spread.Latest : look.Spread.Settled, known);
            if (isLast && known.KiB > 0)
                keys.AddRange(look.HotKeys.Select(k => KeyOf(k, known.KiB)));
        }

        foreach (var range in closed.Where(c => !seen.Any(c.Overlaps)))
            one.Carry(_minutes.Of(minute - 1), range);
        one.Close(shards, keys);
        _quarters.Of(minute)?.Add(one);
        _hours.Of(minute)?.Add(one);
    }

    /// <summary>Returns the shards, as the same list while they are the same; null for too many.</summary>
    private HeatShard[]? ShardsOf(IReadOnlyList<OwnedLoad> loads, IEnumerable<ShardRange> map)
    {
        var known = (_last ?? []).ToDictionary(static s => s.ShardId);
        var owners = loads.ToDictionary(static l => l.ShardId, static l => l.Owner);
        HeatShard[] shards = [.. map.Select(s => ShardOf(owners.GetValueOrDefault(s.ShardId), s, known)).OrderBy(static s => s.StartingHashKey)];
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

    /// <summary>Returns the ranges of the shards as they were, or where others were seen, those of these.</summary>
    private IEnumerable<ShardRange> RangesOf(ShardLoadReport[] reports) =>
        _last is { } last && reports.All(r => Array.Exists(last, s => s.ShardId == r.Range.ShardId))
            ? last.Select(static s => new ShardRange(s.ShardId, s.StartingHashKey, s.EndingHashKey)) : reports.Select(static r => r.Range);

    /// <summary>
    /// Returns the ranges of shards that a reshard has closed since the last look. What they took after it is told by nobody: until others are seen, they
    /// count as they were in the minute before.
    /// </summary>
    private static HeatRange[] ClosedOf(HeatShard[] former, HeatShard[] shards, HeatSnapshot[] looks) =>
        [.. former.ExceptBy(shards.Select(static s => s.ShardId), static s => s.ShardId)
            .Select(static s => HeatRange.Of(s.StartingHashKey, s.EndingHashKey)).Where(c => looks.Any(l => c.Overlaps(l.Range)))];

    /// <summary>Returns a shard. What was known of it is not kept twice.</summary>
    private HeatShard ShardOf(string? owner, ShardRange range, Dictionary<string, HeatShard> known)
    {
        var former = known.GetValueOrDefault(range.ShardId);
        owner ??= former?.OwnerSilo;
        if (former is not null && (former.OwnerSilo, former.StartingHashKey, former.EndingHashKey) == (owner, range.StartingHashKey, range.EndingHashKey))
            return former;
        _owner = _owner == owner ? _owner : owner;
        return new HeatShard
        {
            ShardId = former?.ShardId ?? range.ShardId, StartingHashKey = range.StartingHashKey, EndingHashKey = range.EndingHashKey, OwnerSilo = _owner,
        };
    }

    private static HeatKey KeyOf(HotKey key, double kib) => new()
    {
        HashKey = key.Hash,
        KiBPerSecond = HeatSums.Rounded(key.Share * kib),
        PartitionKey = key.Key is { Length: > MostText } text ? text[..MostText] : key.Key,
    };
}

/// <summary>A picture as it is kept.</summary>
/// <param name="Shards">The lists of shards, oldest first.</param>
/// <param name="Columns">The columns by the minute, by quarters of an hour and by the hour.</param>
internal sealed record KeptHeat(HeatShard[][] Shards, HeatColumn[][] Columns);
