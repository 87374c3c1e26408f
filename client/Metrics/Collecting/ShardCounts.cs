using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Orleans.Kpl.Pipeline.Telemetry;

namespace Orleans.Kpl.Metrics.Collecting;

/// <summary>
/// The events of one shard since it was settled last. With a thousand shards nothing of one is in the caches when its next event comes, so all of it
/// lies together. Threads share it: a shard takes a thousand Kinesis records a second, so that hardly two meet here.
/// </summary>
internal sealed class ShardCounts(string stream, string? shardId) : IShardCounts
{
    private static readonly double[] OfNumbers = BucketBounds.Numbers;
    private static readonly double[] OfTimes = BucketBounds.Milliseconds;

    private bool _isClosed;
    private Values _values;

    /// <summary>When something was settled last, in the counting of the collector.</summary>
    public long SettledAt { get; private set; }

    public bool TryAdd(in ShardEvent happened)
    {
        lock (this)
        {
            if (_isClosed)
                return false;
            ref var values = ref _values;
            if (happened.UserRecords > 0)
                Add(ref values.UserRecords, values.UserRecordBuckets, OfNumbers, happened.UserRecords, 1);
            if (happened.IsTaken)
            {
                values.KinesisPut.Add(1, 1);
                values.KinesisDataPut.Add(happened.TakenBytes, 1);
            }

            if (happened.Put > 0)
                values.Put.Add(happened.Put, 1);
            if (happened.PutBytes > 0)
            {
                values.DataPut.Add(new ValueStatistics
                {
                    Sum = happened.PutBytes, Count = happened.Put, Minimum = happened.PutSizes.Smallest, Maximum = happened.PutSizes.Largest,
                });
            }
            if (happened.Tried > 0)
                Add(ref values.Retries, values.RetriesBuckets, OfNumbers, happened.Retries, happened.Tried);
            if (!happened.Waits.IsEmpty)
                values.Buffering.Add(happened.Waits, values.BufferingBuckets, OfTimes);
            return true;
        }
    }

    /// <summary>Moves everything to the series of the shard.</summary>
    /// <param name="metrics">Where they are, in the order of <see cref="ShardListeners.Metrics"/>; null for those that nobody wants.</param>
    /// <param name="now">The time, in the counting of the collector.</param>
    /// <param name="isLast">Whether nothing is counted here any more.</param>
    public void Settle(ReadOnlySpan<CollectedMetric?> metrics, long now, bool isLast)
    {
        Values values;
        lock (this)
        {
            _isClosed |= isLast;
            values = _values;
            _values = default;
        }

        Move(metrics[0], values.Put, now, []);
        Move(metrics[1], values.DataPut, now, []);
        Move(metrics[2], values.KinesisPut, now, []);
        Move(metrics[3], values.KinesisDataPut, now, []);
        Move(metrics[4], values.UserRecords, now, values.UserRecordBuckets);
        Move(metrics[5], values.Retries, now, values.RetriesBuckets);
        Move(metrics[6], values.Buffering, now, values.BufferingBuckets);
    }

    private void Move(CollectedMetric? metric, ValueStatistics values, long now, ReadOnlySpan<long> buckets)
    {
        if (values.Count == 0)
            return;
        SettledAt = now;
        values.Buckets = buckets.IsEmpty ? null : buckets.ToArray();
        metric?.OfShard(stream, shardId).Add(values);
    }

    private static void Add(ref ValueStatistics values, Span<long> buckets, double[] bounds, double value, long count)
    {
        values.Add(value, count);
        buckets[BucketBounds.Find(bounds, value)] += count;
    }

    /// <summary>In the order of <see cref="ShardListeners.Metrics"/>. The buckets of the statistics themselves are not used.</summary>
    private struct Values
    {
        public ValueStatistics Put;
        public ValueStatistics DataPut;
        public ValueStatistics KinesisPut;
        public ValueStatistics KinesisDataPut;
        public ValueStatistics UserRecords;
        public ValueStatistics Retries;
        public ValueStatistics Buffering;
        public Buckets UserRecordBuckets;
        public Buckets RetriesBuckets;
        public Buckets BufferingBuckets;
    }

    [InlineArray(BucketBounds.Buckets)]
    private struct Buckets
    {
        private long _first;
    }
}

/// <summary>The shards of all producers of one role, with what happened to each since they were settled last.</summary>
internal sealed class ShardTable
{
    private readonly ConcurrentDictionary<(string Stream, string? ShardId), ShardCounts> _shards = new();
    private readonly CollectedMetric?[] _metrics = new CollectedMetric?[ShardListeners.Metrics.Count];

    /// <summary>Returns the index of a metric here; negative where its values do not come as events.</summary>
    public static int IndexOf(MetricDefinition? metric) => metric is null ? -1 : ShardListeners.Metrics.ToList().IndexOf(metric);

    /// <summary>Begins to keep a metric.</summary>
    public void Keep(int index, CollectedMetric metric) => Volatile.Write(ref _metrics[index], metric);

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
        // An array first: shards are added meanwhile, and a sort of the table itself would throw.
        foreach (var old in _shards.ToArray().OrderBy(static s => s.Value.SettledAt).Take(count - CollectedMetric.MaxSeries))
        {
            // A meter that finds no counts here gets new ones; one that kept them is told to ask again.
            if (_shards.TryRemove(old))
                old.Value.Settle(_metrics, now, isLast: true);
        }
    }
}
