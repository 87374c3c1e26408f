using System.Collections.Concurrent;
using System.Numerics;
using Orleans.Kpl.Pipeline.Telemetry;

namespace Orleans.Kpl.Metrics.Collecting;

/// <summary>All series of one metric in one role.</summary>
/// <param name="definition">The metric; null for one of another meter.</param>
/// <param name="unit">Its unit, in UCUM.</param>
/// <param name="role">The role of the process; null for another meter.</param>
internal sealed class CollectedMetric(MetricDefinition? definition, string name, MetricKind kind, string? unit, string? meaning, string? role)
{
    /// <summary>The most series of one metric: two streams of 5,000 shards. Beyond it those that were longest without a value make room.</summary>
    public const int MaxSeries = 10_000;

    private readonly ConcurrentDictionary<int, CollectedSeries[]> _series = new();
    private readonly SeriesCache _cache = new();
    private readonly Lock _lock = new();
    private int _count;

    public MetricDefinition? Definition => definition;

    public string Name => name;

    public MetricKind Kind => kind;

    public string? Unit => unit;

    public string? Meaning => meaning;

    public string? Role => role;

    /// <summary>Whether it is a gauge that is read.</summary>
    public bool IsRead { get; init; }

    /// <summary>Whether several readings of one gauge are joined by the largest: ages and ratios are not added up.</summary>
    public bool IsLargest => unit is "s" or "1";

    /// <summary>The bounds of the buckets of a histogram, in the unit of the metric; null for other kinds.</summary>
    public double[]? Bounds { get; } = kind == MetricKind.Histogram ? BucketBounds.For(unit) : null;

    /// <summary>Every series.</summary>
    public IEnumerable<CollectedSeries> All => _series.Values.SelectMany(static s => s);

    /// <summary>Returns the series of some tags; it is made where there is none.</summary>
    public CollectedSeries Of(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (_cache.Find(tags) is { } known)
            return known;
        var series = Find(tags) ?? Add(tags);
        _cache.Keep(series, tags, Volatile.Read(ref _count));
        return series;
    }

    /// <summary>Returns the series of a stream, or of one of its shards.</summary>
    public CollectedSeries OfShard(string stream, string? shardId)
    {
        Span<KeyValuePair<string, object?>> tags = [new("StreamName", stream), new("ShardId", shardId)];
        return Of(shardId is { Length: > 0 } ? tags : tags[..1]);
    }

    /// <summary>Brings together what threads recorded, and forgets what is too much.</summary>
    public void Settle(long now)
    {
        foreach (var series in All)
            series.Settle(now);
        if (Volatile.Read(ref _count) > MaxSeries)
            Forget();
    }

    private CollectedSeries? Find(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (!_series.TryGetValue(TagSet.HashOf(tags), out var alike))
            return null;
        foreach (var series in alike)
        {
            if (series.Tags.IsEqual(tags))
                return series;
        }

        return null;
    }

    private CollectedSeries Add(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        lock (_lock)
        {
            if (Find(tags) is { } other)
                return other;
            var series = new CollectedSeries(new TagSet(tags), Bounds);
            var hash = series.Tags.Hash;
            _series[hash] = [.. _series.GetValueOrDefault(hash, []), series];
            _count++;
            return series;
        }
    }

    private void Forget()
    {
        lock (_lock)
        {
            foreach (var old in All.OrderBy(static s => s.SettledAt).Take(_count - MaxSeries).ToList())
            {
                var hash = old.Tags.Hash;
                var left = _series[hash].Where(s => !ReferenceEquals(s, old)).ToArray();
                if (left.Length == 0)
                    _series.TryRemove(hash, out _);
                else
                    _series[hash] = left;
                _count--;
            }

            _cache.Clear();
        }
    }
}

/// <summary>
/// Finds the series of tags quickly. It has at least four places for each series, two of which may have it, so that hardly any two push each other out.
/// It is safe to use from any thread and takes no locks.
/// </summary>
internal sealed class SeriesCache
{
    private const int FewestPlaces = 64;
    private const int PlacesPerSeries = 4;

    private CollectedSeries?[] _places = new CollectedSeries?[FewestPlaces];

    /// <summary>Returns the series; null where it is not here.</summary>
    public CollectedSeries? Find(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var places = Volatile.Read(ref _places);
        var place = PlaceOf(tags, places);
        return Volatile.Read(ref places[place]) is { } first && first.Has(tags) ? first
            : Volatile.Read(ref places[place ^ 1]) is { } second && second.Has(tags) ? second
            : null;
    }

    /// <summary>Keeps a series.</summary>
    /// <param name="tags">Its tags, as they came.</param>
    /// <param name="count">The number of all series.</param>
    public void Keep(CollectedSeries series, ReadOnlySpan<KeyValuePair<string, object?>> tags, int count)
    {
        var places = Volatile.Read(ref _places);
        if (count * PlacesPerSeries > places.Length)
        {
            // Two threads that grow it at once each begin with nothing: what the other one kept is found and kept again.
            places = new CollectedSeries?[BitOperations.RoundUpToPowerOf2((uint)(count * PlacesPerSeries))];
            Volatile.Write(ref _places, places);
        }

        var place = PlaceOf(tags, places);
        Volatile.Write(ref places[Volatile.Read(ref places[place]) is null ? place : place ^ 1], series);
    }

    /// <summary>Forgets every series.</summary>
    public void Clear() => Volatile.Write(ref _places, new CollectedSeries?[FewestPlaces]);

    private static int PlaceOf(ReadOnlySpan<KeyValuePair<string, object?>> tags, CollectedSeries?[] places) =>
        TagSet.QuickHashOf(tags) & (places.Length - 1);
}
