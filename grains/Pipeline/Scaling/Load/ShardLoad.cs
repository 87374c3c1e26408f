using Orleans.Kpl.Pipeline.Routing;

namespace Orleans.Kpl.Pipeline.Scaling.Load;

/// <summary>
/// What is observed of one shard, in about 8 KB: minutes, a histogram over its range, and its heaviest keys. One lock, taken once or twice
/// for a Kinesis record and for each sampled user record.
/// </summary>
internal sealed class ShardLoad : IShardLoadObserver
{
    private readonly Lock _gate = new();
    private readonly LoadHistogram _histogram;
    private readonly HotKeys _hotKeys;
    private readonly MinuteCounts _minutes;
    private readonly double _fadePerMinute;

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
        lock (_gate)
        {
            AdvanceTo(now);
            _histogram.Add(hashKey, weight);
            _hotKeys.Add(hashKey, partitionKey, weight);
        }
    }

    public void OnOffered(int userRecords, int bytes, long now)
    {
        lock (_gate)
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
        lock (_gate)
        {
            AdvanceTo(now);
            ref var minute = ref _minutes.Running;
            minute = minute with { Delivered = minute.Delivered + 1, DeliveredBytes = minute.DeliveredBytes + bytes };
        }
    }

    public void OnThrottled(long now)
    {
        lock (_gate)
        {
            AdvanceTo(now);
            ref var minute = ref _minutes.Running;
            minute = minute with { Throttled = minute.Throttled + 1 };
        }
    }

    /// <summary>What was observed until now.</summary>
    public ShardLoadReport Report(long now)
    {
        lock (_gate)
        {
            AdvanceTo(now);
            return new ShardLoadReport(Range, _minutes.ToArray(), _histogram.ToArray(), _hotKeys.ToArray())
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
        _histogram.Fade(factor);
        _hotKeys.Fade(factor);
    }
}
