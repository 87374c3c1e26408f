using System.Text;
using Orleans.Kpl.Aggregation;
using Orleans.Kpl.Pipeline.Grouping;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Ordering;
using Orleans.Kpl.Pipeline.Road.Aggregating;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Road.Routing;
using Orleans.Kpl.Pipeline.Serving;

namespace Orleans.Kpl.Pipeline.Maps.Following;

/// <summary>
/// The engines of a stream and how they change with its shard map. It remembers the ranges of shards that were once open, to judge answers that
/// arrive late.
/// </summary>
internal sealed class ShardTopology
{
    /// <summary>The maximum number of remembered ranges of closed shards; the oldest are dropped beyond it.</summary>
    private const int MaxRemembered = 20_000;

    private readonly Func<ShardRange, EngineKind, ShardEngine> _newEngine;
    private readonly bool _keepsOrder;
    private readonly EngineKind _ofHoles;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, ShardRange> _ranges = new(StringComparer.Ordinal);
    private readonly Queue<string> _rangeOrder = new();
    private string? _youngest;
    private readonly Dictionary<UInt128, long> _announced = [];
    private Boundaries _boundaries = Boundaries.None;
    private long _version;
    private bool _numbersTell = true;
    private int _life;
    private bool _isOver;

    /// <param name="keepsOrder">Whether engines notify their successors when these may begin.</param>
    /// <param name="awaitsHoles">Whether records wait for the next map whose shard this one does not show, instead of traveling alone.</param>
    public ShardTopology(Func<ShardRange, EngineKind, ShardEngine> newEngine, bool keepsOrder = false, bool awaitsHoles = false)
    {
        _keepsOrder = keepsOrder;
        _ofHoles = awaitsHoles ? EngineKind.AwaitingMap : EngineKind.Unpredicted;
        _newEngine = newEngine;
        Table = new RouteTable(WithoutMap(EngineKind.AwaitingMap));
    }

    /// <summary>The routes in force.</summary>
    public Routes Current => Table.Current;

    /// <summary>Has them for the road.</summary>
    public RouteTable Table { get; }

    /// <summary>The starts of future shards, until the map shows them.</summary>
    public Boundaries Boundaries => Volatile.Read(ref _boundaries);

    /// <summary>Whether sequence numbers show when a shard was created, as those of AWS do. False once they contradict even a fresh map.</summary>
    public bool NumbersTell => Volatile.Read(ref _numbersTell);

    /// <summary>
    /// Identifies one stream among those that have had this name. It changes when everything known about the shards becomes invalid.
    /// </summary>
    public int Life => Volatile.Read(ref _life);

    /// <summary>Stops inferring from sequence numbers when a shard was created, because the inference was wrong.</summary>
    public void DistrustNumbers() => Volatile.Write(ref _numbersTell, false);

    /// <summary>Leaves the routes as they are, whatever a late answer tells: nobody would retire its engines. Returns those to be retired.</summary>
    public IReadOnlyList<ShardEngine> End()
    {
        lock (_lock)
        {
            _isOver = true;
            return [.. Current.All];
        }
    }

    /// <summary>Adds boundaries, each valid until an instant. Returns the engines to be cut.</summary>
    public IReadOnlyList<ShardEngine> Announce(IReadOnlyCollection<UInt128> starts, long until)
    {
        lock (_lock)
        {
            foreach (var start in starts)
                _announced[start] = until;
            BoundariesChanged();
            return [.. Current.All];
        }
    }

    /// <summary>Withdraws boundaries, chosen by their hash key and end of validity. Returns the engines to be cut anew.</summary>
    public IReadOnlyList<ShardEngine> Withdraw(Func<UInt128, long, bool> isMeant)
    {
        lock (_lock)
        {
            foreach (var (start, _) in _announced.Where(a => isMeant(a.Key, a.Value)).ToList())
                _announced.Remove(start);
            BoundariesChanged();
            return [.. Current.All];
        }
    }

    /// <summary>Returns the range of a shard that is or was open; null for one never seen.</summary>
    public ShardRange? RangeOf(string shardId)
    {
        lock (_lock)
            return _ranges.GetValueOrDefault(shardId);
    }

    /// <summary>Returns the shard that is predicted for a record; null while no map is known.</summary>
    public string? PredictedFor(UserRecord record)
    {
        var map = Current.Map;
        return map.Count > 0 && map.Find(RecordHash.Of(record)) is var index && index != ShardMap.None ? map[index].ShardId : null;
    }

    /// <summary>Returns the engine of a shard that is open in the map in force; null for none.</summary>
    public ShardEngine? EngineOf(string shardId)
    {
        lock (_lock)
        {
            var index = Current.Map.IndexOf(shardId);
            return index == ShardMap.None ? null : Current.Engines[index];
        }
    }

    /// <summary>Puts a new map in force. It keeps the engines of unchanged shards and returns the others to be retired.</summary>
    /// <param name="keepEngines">False when the shards are another stream's: everything known about the shards is then invalid.</param>
    public IReadOnlyList<ShardEngine> Apply(IReadOnlyList<ShardRange> openShards, bool keepEngines, out Routes routes)
    {
        lock (_lock)
        {
            var former = routes = Current;
            if (_isOver)
                return [];
            if (!keepEngines)
                ForgetRanges();
            if (keepEngines && former.Map.Count > 0 && former.Map.Shows(openShards) && !(_keepsOrder && former.Map.HasOverlaps))
            {
                routes = new Routes(former.Map.ReadAgain(++_version), former.Engines.ToArray(), former.Fallback);
                Settled(routes.Map);
                Replace(routes, []);
                return [];
            }

            var map = ShardMaps.Of(++_version, openShards);
            var shared = _keepsOrder ? map.FindShared() : null;
            var kept = keepEngines ? former.Engines.ToArray().ToDictionary(static e => e.Range) : [];
            Settled(map);
            var engines = new ShardEngine[map.Count];
            for (var i = 0; i < engines.Length; i++)
            {
                Remember(map[i]);
                if (shared?[i] == true || !kept.Remove(map[i], out var engine))
                {
                    engine = _newEngine(map[i], EngineKind.Predicted);
                    engine.Cut(_boundaries);
                    if (former.Map.Count > 0)
                        engine.MaskThrottles();
                }

                engines[i] = engine;
            }

            ForgetOldest(map);
            // Where the map has a gap, records travel alone, or wait, until a later map closes it.
            var fallback = HasHoles(map) ? _newEngine(WholeStream, _ofHoles) : null;
            routes = new Routes(map, engines, fallback);
            IReadOnlyList<ShardEngine> left = keepEngines ? [.. kept.Values.Concat(former.Fallback is null ? [] : [former.Fallback])] : [.. former.All];
            Replace(routes, left);
            return left;
        }
    }

    /// <summary>Compares a map that was read with what is known, before it is put in force.</summary>
    public ShardMapChange Compare(IReadOnlyList<ShardRange> openShards)
    {
        lock (_lock)
        {
            var news = ShardMapChange.SameStream;
            foreach (var shard in openShards)
            {
                if (!_ranges.TryGetValue(shard.ShardId, out var known))
                    news = _youngest is not null && ShardOrder.CompareAge(shard.ShardId, _youngest) < 0 ? ShardMapChange.Doubtful : news;
                else if (known != shard)
                    return ShardMapChange.OtherStream;
            }

            var listed = openShards.Select(static s => s.ShardId).ToHashSet(StringComparer.Ordinal);
            ShardMap? map = null;
            foreach (var engine in Current.Engines)
            {
                if (!listed.Contains(engine.Range.ShardId) && IsOlderThere(map ??= ShardMaps.Of(0, openShards), engine.Range))
                    return ShardMapChange.Older;
            }

            return news;
        }
    }

    /// <summary>Remembers the ranges of closed shards that no map showed.</summary>
    public void RememberClosed(IReadOnlyList<ShardRange> shards)
    {
        lock (_lock)
        {
            foreach (var shard in shards.Where(s => !_ranges.ContainsKey(s.ShardId)))
                Remember(shard);
            ForgetOldest(Current.Map);
        }
    }

    /// <summary>Whether it is known what became of the shard: the map in force shows it, or it is permanently closed.</summary>
    public bool IsExplained(string shardId)
    {
        lock (_lock)
            return Current.Map.Count > 0 && _ranges.ContainsKey(shardId);
    }

    /// <summary>
    /// Whether the shard is permanently closed: an earlier map or the listing of closed shards showed it, and the map in force does not.
    /// </summary>
    public bool IsOver(string shardId)
    {
        lock (_lock)
            return Current.Map.Count > 0 && _ranges.ContainsKey(shardId) && Current.Map.IndexOf(shardId) == ShardMap.None;
    }

    /// <summary>Returns the ids of all listed or remembered shards that are older than this one and share hash keys with it.</summary>
    public IReadOnlyList<string> Before(ShardRange shard, IReadOnlyList<ShardRange> closed)
    {
        lock (_lock)
        {
            return [.. closed.Concat(_ranges.Values)
                .Where(s => ShardOrder.CompareAge(s.ShardId, shard.ShardId) < 0 && s.StartingHashKey <= shard.EndingHashKey
                    && s.EndingHashKey >= shard.StartingHashKey)
                .Select(static s => s.ShardId).Distinct(StringComparer.Ordinal)];
        }
    }

    /// <summary>Forgets everything known about the shards, because it is no longer valid.</summary>
    public void ForgetRanges()
    {
        lock (_lock)
        {
            _ranges.Clear();
            _rangeOrder.Clear();
            _youngest = null;
            _numbersTell = true;
            Volatile.Write(ref _life, _life + 1);
        }
    }

    /// <summary>Removes the map, because the stream is gone: records are held until a map is read again. Returns the engines to be retired.</summary>
    public IReadOnlyList<ShardEngine> Forget()
    {
        lock (_lock)
        {
            ForgetRanges();
            _announced.Clear();
            BoundariesChanged();
            var former = Current;
            if (_isOver || former.Map.Count == 0)
                return [];
            IReadOnlyList<ShardEngine> left = [.. former.All];
            Replace(WithoutMap(EngineKind.AwaitingMap), left);
            return left;
        }
    }

    /// <summary>
    /// Has records travel alone, because no map can be read. Returns the engines to be retired; none when records traveled alone already.
    /// </summary>
    public IReadOnlyList<ShardEngine> GoUnpredicted()
    {
        lock (_lock)
        {
            var former = Current;
            if (_isOver || former.Map.Count > 0 || former.Fallback!.Kind == EngineKind.Unpredicted)
                return [];
            Replace(WithoutMap(EngineKind.Unpredicted), [former.Fallback]);
            return [former.Fallback];
        }
    }

    private void Replace(Routes next, IReadOnlyList<ShardEngine> left)
    {
        foreach (var engine in left)
            engine.SucceededBy(Current, next);
        Table.Replace(next);
    }

    /// <summary>Forgets what was announced of shards that a map shows.</summary>
    private void Settled(ShardMap map)
    {
        var isNews = false;
        for (var i = 0; i < map.Count && _announced.Count > 0; i++)
            isNews |= _announced.Remove(map[i].StartingHashKey);
        // Thousands of boundaries are sorted again only where one of them is shown.
        if (isNews)
            BoundariesChanged();
    }

    private void BoundariesChanged() => Volatile.Write(ref _boundaries, _announced.Count == 0 ? Boundaries.None : new Boundaries(_announced.Keys));

    private Routes WithoutMap(EngineKind kind) =>
        new(ShardMaps.Of(0, []), [], _newEngine(WholeStream, kind));

    /// <summary>
    /// Whether only older shards are listed in the range of this shard. Children are always younger than their parents, and no shard opens twice.
    /// </summary>
    /// <remarks>Of listed shards that overlap, the youngest owns the hash keys.</remarks>
    private static bool IsOlderThere(ShardMap listed, ShardRange shard)
    {
        string[] owners = [.. listed.OwnersIn(shard).Select(static s => s.ShardId)];
        return owners.Length > 0 && Array.TrueForAll(owners, o => ShardOrder.CompareAge(o, shard.ShardId) < 0);
    }

    private void Remember(ShardRange range)
    {
        if (_youngest is null || ShardOrder.CompareAge(range.ShardId, _youngest) > 0)
            _youngest = range.ShardId;
        if (_ranges.TryAdd(range.ShardId, range))
            _rangeOrder.Enqueue(range.ShardId);
        else
            _ranges[range.ShardId] = range;
    }

    private void ForgetOldest(ShardMap open)
    {
        while (_rangeOrder.Count > MaxRemembered + open.Count)
        {
            var oldest = _rangeOrder.Dequeue();
            // An open shard is often the oldest of all: those that were never split.
            if (open.IndexOf(oldest) != ShardMap.None)
                _rangeOrder.Enqueue(oldest);
            else
                _ranges.Remove(oldest);
        }
    }

    private static ShardRange WholeStream { get; } = new("", UInt128.MinValue, UInt128.MaxValue);

    private static bool HasHoles(ShardMap map) => Array.Exists(map.Listed.Segments, static s => s.Shard == ShardMap.None);
}

/// <summary>The hash key of one record, for those that are looked up singly.</summary>
internal static class RecordHash
{
    /// <summary>Returns the explicit hash key of a valid record, or that of its partition key.</summary>
    public static UInt128 Of(in UserRecord record)
    {
        if (record.ExplicitHashKey is { } hashKey)
            return hashKey;
        Span<byte> key = stackalloc byte[RecordValidator.MaxPartitionKeyBytes];
        return HashKey.OfPartitionKey(key[..Encoding.UTF8.GetBytes(record.PartitionKey, key)]);
    }
}
