using System.Collections.Concurrent;
using Orleans.Kpl.Pipeline.Telemetry;

namespace Orleans.Kpl.Metrics.Collecting;

/// <summary>The shards of all producers of one role, with what happened to each since they were settled last.</summary>
internal sealed class ShardTable
{
    private readonly ConcurrentDictionary<(string Stream, string? ShardId), ShardCounts> _shards = new();
    private readonly CollectedMetric?[] _metrics = new CollectedMetric?[ShardListeners.Metrics.Count];

    /// <summary>Returns the place of a metric here; negative where its values do not come as events.</summary>
    public static int PlaceOf(MetricDefinition? metric)
    {
        for (var place = 0; place < ShardListeners.Metrics.Count; place++)
        {
            if (ShardListeners.Metrics[place] == metric)
                return place;
        }

        return -1;
    }

    /// <summary>Begins to keep a metric.</summary>
    public void Keep(int place, CollectedMetric metric) => Volatile.Write(ref _metrics[place], metric);

    /// <summary>Returns where a shard is counted.</summary>
    public ShardCounts Of(string stream, string? shardId) => _shards.GetOrAdd((stream, shardId), static key => new ShardCounts(key.Stream, key.ShardId));

    /// <summary>Moves everything to the series. Beyond the most that a metric keeps, shards that were longest without an event make room.</summary>
    public void Settle(long now)
    {
        var count = 0;
        foreach (var (_, shard) in _shards)
        {
            shard.Settle(_metrics, now, isLast: false);
            count++;
        }

        if (count <= CollectedMetric.MaxSeries)
            return;
        foreach (var old in _shards.OrderBy(static s => s.Value.SettledAt).Take(count - CollectedMetric.MaxSeries).ToList())
        {
            // Who finds it here no more gets a new one; who kept it is told to ask again.
            if (_shards.TryRemove(old))
                old.Value.Settle(_metrics, now, isLast: true);
        }
    }
}
