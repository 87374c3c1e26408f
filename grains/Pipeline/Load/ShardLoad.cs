using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Limiting;

namespace Orleans.Kpl.Pipeline.Load;

/// <summary>
/// What is observed of one shard, in about 8 KB: minutes, a histogram over its range, and its heaviest keys. One lock, taken once or twice
/// for a Kinesis record and for each sampled user record. From few samples nothing is told of where in the shard its load lies: the first
/// record would be the key that is all of it.
/// </summary>
internal sealed class ShardLoad : IShardLoadObserver
{
    /// <summary>
    /// Samples before it is told where the load lies. Of so many a key with three fifths of the load seems to have four fifths
    /// (beyond which no split helps) once in some thousand times, and their median is within a tenth of the true one
    /// nine times of ten. Half a second of a full shard.
    /// </summary>
    public const int LeastSamples = 64;

    private readonly Lock _lock = new();
    private readonly LoadHistogram _histogram;
    private readonly HotKeys _hotKeys;
    private readonly MinuteCounts _minutes;
    private readonly RecentDeliveries _recent = new();
    private readonly double _fadePerMinute;
    private double _samples;

    public ShardLoad(ShardRange range, LoadSettings settings, long now)
    {
        Range = range;
        _histogram = new LoadHistogram(range);
        _hotKeys = new HotKeys(settings.KeepKeyText);
        _minutes = new MinuteCounts(now);
        _fadePerMinute = Math.Pow(0.5, 1 / settings.HalfLifeMinutes);
    }

    public ShardRange Range { get; }

    public void OnSample(UInt128 hashKey, ReadOnlySpan<byte> partitionKey, long weight, long now)
    {
        lock (_lock)
        {
            AdvanceTo(now);
            _histogram.Add(hashKey, weight);
            _hotKeys.Add(hashKey, partitionKey, weight);
            _samples++;
        }
    }

    public void OnOffered(int userRecords, int bytes, long now)
    {
        lock (_lock)
        {
            AdvanceTo(now);
            ref var minute = ref _minutes.Running;
            minute = minute with
            {
                UserRecords = minute.UserRecords + userRecords,
                OfferedRecords = minute.OfferedRecords + 1,
                OfferedBytes = minute.OfferedBytes + bytes,
            };
        }
    }

    public void OnDelivered(int bytes, long now)
    {
        lock (_lock)
        {
            AdvanceTo(now);
            ref var minute = ref _minutes.Running;
            minute = minute with { Delivered = minute.Delivered + 1, DeliveredBytes = minute.DeliveredBytes + bytes };
            _recent.Add(bytes, now);
        }
    }

    /// <inheritdoc cref="RecentDeliveries.AreNearlyAll"/>
    public bool TookNearlyAll(long now)
    {
        lock (_lock)
            return _recent.AreNearlyAll(now);
    }

    public void OnThrottled(long now)
    {
        lock (_lock)
        {
            AdvanceTo(now);
            ref var minute = ref _minutes.Running;
            minute = minute with { Throttled = minute.Throttled + 1 };
        }
    }

    /// <summary>What was observed until now.</summary>
    public ShardLoadReport Report(long now)
    {
        lock (_lock)
        {
            AdvanceTo(now);
            var isEnough = _samples >= LeastSamples;
            return new ShardLoadReport(Range, _minutes.ToArray(), isEnough ? _histogram.ToArray() : _histogram.ToEvenArray(),
                isEnough ? _hotKeys.ToArray() : [])
            {
                Running = _minutes.Running,
                RunningFor = _minutes.RunningFor(now),
            };
        }
    }

    private void AdvanceTo(long now)
    {
        var passed = _minutes.AdvanceTo(now);
        if (passed == 0)
            return;
        var factor = Math.Pow(_fadePerMinute, passed);
        _samples *= factor;
        _histogram.Fade(factor);
        _hotKeys.Fade(factor);
    }
}

/// <summary>What was observed of one shard.</summary>
/// <param name="Range">The shard.</param>
/// <param name="Minutes">Its last complete minutes, newest last.</param>
/// <param name="Histogram">The weight of each equal part of its range, in bytes that fade with time; the sum says nothing of the rate.</param>
/// <param name="HotKeys">Its heaviest keys, heaviest first.</param>
internal sealed record ShardLoadReport(ShardRange Range, IReadOnlyList<MinuteCount> Minutes, IReadOnlyList<double> Histogram, IReadOnlyList<HotKey> HotKeys)
{
    /// <summary>The minute that runs.</summary>
    public MinuteCount Running { get; init; }

    /// <summary>How much of it has passed.</summary>
    public TimeSpan RunningFor { get; init; }
}
