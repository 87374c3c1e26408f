using Orleans.Kpl.Pipeline.Limiting;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Engines;

/// <summary>
/// What one shard may be sent: its bucket, filled at a rate that goes down while Kinesis throttles the shard for other writers.
/// </summary>
/// <remarks>Its engine's lock guards it: who sends, or hands the shard over, holds that already; what answers tell takes it here.</remarks>
internal sealed class ShardTokens
{
    /// <summary>How long after a reshard throttles of a new shard are no news of other writers.</summary>
    private const long SettlingTime = TimeSpan.TicksPerSecond;

    private readonly Lock _lock;
    private readonly MonotonicClock _clock;
    private readonly AdaptiveRate? _rate;
    private readonly TokenBucket _bucket;

    /// <param name="limits">What the shard takes.</param>
    /// <param name="isAdaptive">Whether throttles lower the rate.</param>
    /// <param name="clock">The time.</param>
    /// <param name="gate">The engine's lock.</param>
    public ShardTokens(ShardLimits limits, bool isAdaptive, MonotonicClock clock, Lock gate)
    {
        (_clock, _lock) = (clock, gate);
        _rate = isAdaptive ? new AdaptiveRate() : null;
        _bucket = new TokenBucket(limits, clock.Now, _rate);
    }

    /// <summary>Takes the tokens of a Kinesis record of that many bytes; false where there are not enough. Called under the lock.</summary>
    public bool TryTake(long now, int bytes) => _bucket.TryTake(now, bytes);

    /// <summary>When to look again after <see cref="TryTake"/> was false. Called under the lock.</summary>
    public long WakeUpFor(long now, int bytes) => Linger.AlignWakeUp(_bucket.ReadyAt(now, bytes));

    /// <summary>How full the bucket is: what a clean hand-over tells the next owner. Called under the lock.</summary>
    public ShardLevel LevelAt(long now) => _bucket.LevelAt(now);

    /// <summary>Goes on from where another owner of the shard stood. Called under the lock.</summary>
    public void StartFrom(ShardLevel level, long now) => _bucket.StartFrom(level, now);

    /// <summary>Kinesis took nothing of a Kinesis record and never will: its tokens are free again.</summary>
    public void GiveBack(KinesisRecord record)
    {
        lock (_lock)
            _bucket.GiveBack(record.Size);
    }

    /// <summary>Kinesis throttled the shard: the rate may be lowered.</summary>
    /// <param name="requestStartedAt">When the request began.</param>
    /// <param name="tookNearlyAll">Nearly all that the shard takes in a second came from here: then it is no news of other writers.</param>
    public void OnThrottled(long requestStartedAt, bool tookNearlyAll)
    {
        lock (_lock)
        {
            var now = _clock.Now;
            _bucket.Refill(now);
            _rate?.OnThrottled(now, requestStartedAt, tookNearlyAll);
        }
    }

    /// <summary>The shard is new: until it has settled, its throttles tell nothing of other writers.</summary>
    public void MaskThrottles()
    {
        lock (_lock)
            _rate?.MaskUntil(_clock.Now + SettlingTime);
    }

    /// <summary>The share of the shard that others seem to use; null where that is not watched.</summary>
    public double? ForeignShare()
    {
        lock (_lock)
            return 1 - _rate?.Rate(_clock.Now);
    }
}
