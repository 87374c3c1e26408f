using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Road.Limiting;

/// <summary>
/// Limits how much is sent to one shard: a bucket, filled at a rate that goes down while Kinesis throttles the shard because of other
/// writers.
/// </summary>
/// <remarks>
/// Guarded by its engine's lock. Callers that send, or hand the shard over, already hold it; methods that handle answers take it here.
/// </remarks>
internal sealed class ShardTokens
{
    /// <summary>How long after a reshard the throttles of a new shard say nothing about other writers.</summary>
    private const long SettlingTime = TimeSpan.TicksPerSecond;

    private readonly Lock _lock;
    private readonly MonotonicClock _clock;
    private readonly ShardRate? _rate;
    private readonly TokenBucket _bucket;

    /// <param name="limits">The limits of the shard.</param>
    /// <param name="rate">What throttles lower; null where nothing does.</param>
    /// <param name="gate">The engine's lock.</param>
    public ShardTokens(ShardLimits limits, ShardRate? rate, MonotonicClock clock, Lock gate)
    {
        (_clock, _lock, _rate) = (clock, gate, rate);
        _bucket = new TokenBucket(limits, clock.Now, rate);
    }

    /// <summary>Returns the share of the rate that is used; null where it was never lowered. Called under the lock.</summary>
    public double? LoweredTo(long now) => _rate is { IsReduced: true } ? _rate.Rate(now) : null;

    /// <summary>Takes the tokens of a Kinesis record of this many bytes; false when there are not enough. Called under the lock.</summary>
    public bool TryTake(long now, int bytes) => _bucket.TryTake(now, bytes);

    /// <summary>Returns when to try again after <see cref="TryTake"/> was false. Called under the lock.</summary>
    public long WakeUpFor(long now, int bytes) => Linger.AlignWakeUp(_bucket.ReadyAt(now, bytes));

    /// <summary>Returns how full the bucket is: a clean hand-over passes this to the next owner. Called under the lock.</summary>
    public ShardLevel LevelAt(long now) => _bucket.LevelAt(now);

    /// <summary>Continues from the level that another owner of the shard had. Called under the lock.</summary>
    public void StartFrom(ShardLevel level, long now) => _bucket.StartFrom(level, now);

    /// <summary>Frees the tokens of a Kinesis record that Kinesis did not take and never will.</summary>
    public void GiveBack(int bytes)
    {
        lock (_lock)
            _bucket.GiveBack(bytes);
    }

    /// <summary>Lowers the rate, if need be, after Kinesis throttled the shard.</summary>
    /// <param name="requestStartedAt">When the request began.</param>
    /// <param name="tookNearlyAll">
    /// Whether this process sent nearly all that the shard takes in a second: then a throttle says nothing about other writers.
    /// </param>
    public void OnThrottled(long requestStartedAt, bool tookNearlyAll)
    {
        lock (_lock)
        {
            var now = _clock.Now;
            _bucket.Refill(now);
            _rate?.OnThrottled(now, requestStartedAt, tookNearlyAll);
        }
    }

    /// <summary>Ignores throttles of a new shard until it has settled: they say nothing about other writers.</summary>
    public void MaskThrottles()
    {
        lock (_lock)
            _rate?.MaskUntil(_clock.Now + SettlingTime);
    }

    /// <summary>Returns how full the bucket is as a share, by the scarcer of records and bytes.</summary>
    public double Fill()
    {
        lock (_lock)
            return _bucket.FillAt(_clock.Now);
    }

    /// <summary>Returns the share of the shard that other writers seem to use; null where that is not watched.</summary>
    public double? ForeignShare()
    {
        lock (_lock)
            return 1 - _rate?.Rate(_clock.Now);
    }
}
