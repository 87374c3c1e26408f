using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Limiting;
using Orleans.Kpl.Pipeline.Load;

namespace Orleans.Kpl.Scaling.Tests.Simulated;

/// <summary>A shard and its minutes.</summary>
internal sealed class SimulatedShard(ShardRange range)
{
    /// <summary>Bytes of a Kinesis record: KPL's aggregates.</summary>
    private const double RecordBytes = 51_200;

    private const double All = 340282366920938463463374607431768211456.0;

    private readonly List<MinuteCount> _minutes = [];
    private double _offered;
    private double _throttled;

    public ShardRange Range => range;

    public double From { get; } = (double)range.StartingHashKey / All;

    public double To { get; } = ((double)range.EndingHashKey + 1) / All;

    public IReadOnlyList<MinuteCount> Minutes => _minutes;

    /// <summary>That much was wanted for so long; what is too much for a shard is throttled. Returns the throttled bytes.</summary>
    public double Take(double demand, double seconds)
    {
        var bytes = demand * seconds * ShardLimits.BytesPerSecond;
        var throttled = Math.Max(0, demand - 1) * seconds * ShardLimits.BytesPerSecond;
        _offered += bytes;
        _throttled += throttled;
        return throttled;
    }

    public void EndMinute()
    {
        if (_minutes.Count == MinuteCounts.Kept)
            _minutes.RemoveAt(0);
        var delivered = _offered - _throttled;
        _minutes.Add(new MinuteCount(0, (long)(_offered / RecordBytes), (long)_offered, (long)(delivered / RecordBytes), (long)delivered,
            (long)(_throttled / RecordBytes)));
        (_offered, _throttled) = (0, 0);
    }
}
