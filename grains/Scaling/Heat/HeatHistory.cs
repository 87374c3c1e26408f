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
        HeatSnapshot[] looks = [.. loads.Select(l => HeatSnapshot.Of(l.Report, now, next, _seen.GetValueOrDefault(l.ShardId)))];
        foreach (var gone in _seen.Keys.Except(loads.Select(static l => l.ShardId)).ToList())
            _seen.Remove(gone);
        foreach (var (load, look) in loads.Zip(looks))
        {
            if (_seen.Count < MostSeen || _seen.ContainsKey(load.ShardId))
                _seen[load.ShardId] = look.Seen;
        }

        var former = _last;
        var shards = ShardsOf(loads);
        var closed = former is null || shards is null ? [] : ClosedOf(former, shards);
        for (; next < end; next++)
            Count(next, looks, next == end - 1 ? shards : null, closed);
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

    private void Count(long minute, HeatSnapshot[] looks, HeatShard[]? shards, HeatRange[] closed)
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
            one.AddShard(look.Range, shards is null ? look.Spread.Settled : look.Spread.Latest, known);
            if (shards is not null && known.KiB > 0)
                keys.AddRange(look.HotKeys.Select(k => KeyOf(k, known.KiB)));
        }

        foreach (var range in closed.Where(c => !seen.Any(c.Overlaps)))
            one.Carry(_minutes.Of(minute - 1), range);
        one.Close(shards, keys);
        _quarters.Of(minute)?.Add(one);
        _hours.Of(minute)?.Add(one);
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

/// <summary>The observations of a shard by its owner.</summary>
/// <param name="Owner">The owner's name; null for an embedded producer.</param>
internal readonly record struct ShardSeen(string? Owner, ShardLoadReport Report)
{
    public string ShardId => Report.Range.ShardId;
}

/// <summary>A picture as it is kept.</summary>
/// <param name="Shards">The lists of shards, oldest first.</param>
/// <param name="Columns">The columns by the minute, by quarters of an hour and by the hour.</param>
internal sealed record KeptHeat(HeatShard[][] Shards, HeatColumn[][] Columns);
