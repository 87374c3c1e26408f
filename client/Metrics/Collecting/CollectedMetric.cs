using System.Collections.Concurrent;
using Orleans.Kpl.Pipeline.Telemetry;

namespace Orleans.Kpl.Metrics.Collecting;

/// <summary>All series of one metric in one role.</summary>
/// <param name="definition">The metric; null for one of another meter.</param>
/// <param name="unit">Its unit, in UCUM.</param>
/// <param name="role">The role of the process; null for another meter.</param>
internal sealed class CollectedMetric(MetricDefinition? definition, string name, MetricKind kind, string? unit, string? meaning, string? role)
{
    /// <summary>
    /// The most series of one metric: two streams of 5,000 shards. Beyond it those that were longest without a value make room. What shards counted
    /// goes to the rest of their stream, which stays: totals never fall.
    /// </summary>
    public const int MaxSeries = 10_000;

    private readonly ConcurrentDictionary<TagSet, CollectedSeries> _series = new(TagSet.Comparer);

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
    public IEnumerable<CollectedSeries> All => _series.Select(static s => s.Value);

    /// <summary>Returns the series of some tags; it is made where there is none.</summary>
    public CollectedSeries Of(ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        _series.GetAlternateLookup<ReadOnlySpan<KeyValuePair<string, object?>>>().TryGetValue(tags, out var known)
            ? known
            : _series.GetOrAdd(new TagSet(tags), t => new CollectedSeries(t, Bounds));

    /// <summary>Returns the series of a stream, or of one of its shards.</summary>
    public CollectedSeries OfShard(string stream, string? shardId)
    {
        Span<KeyValuePair<string, object?>> tags = [new("StreamName", stream), new("ShardId", shardId)];
        return Of(shardId is { Length: > 0 } ? tags : tags[..1]);
    }

    /// <summary>Brings together what threads recorded, and forgets what is too much.</summary>
    public void Settle(long now)
    {
        var count = 0;
        foreach (var series in All)
        {
            series.Settle(now);
            count += series.IsRest ? 0 : 1;
        }

        if (count <= MaxSeries)
            return;
        // Series of shards first: the one of their stream may become their rest, and stays then.
        var oldest = All.Where(static s => !s.IsRest).OrderBy(static s => s.Tags.Find("ShardId") is null).ThenBy(static s => s.SettledAt);
        foreach (var old in oldest.Take(count - MaxSeries).ToList())
        {
            if (old.IsRest)
                continue;
            _series.TryRemove(old.Tags, out _);
            if (definition is not null && kind != MetricKind.Gauge && old.Tags.Without("ShardId") is { } tags)
                _series.GetOrAdd(tags, t => new CollectedSeries(t, Bounds)).TakeOver(old, now);
        }
    }
}
