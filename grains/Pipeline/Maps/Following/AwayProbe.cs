using Orleans.Kpl.Pipeline.Health;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Maps.Following;

/// <summary>
/// Notices that Kinesis is back where a stream has nothing to send, so that no call would tell. While Kinesis counts as away, and a reading of the shard
/// map may show that it is not, the map is read every few seconds.
/// </summary>
internal sealed class AwayProbe : TimerEntry
{
    /// <summary>Between two looks. A reading that fails is repeated by itself, after longer and longer waits.</summary>
    private const long Every = 5 * TimeSpan.TicksPerSecond;

    private readonly StreamHealth _health;
    private readonly MonotonicClock _clock;
    private readonly TimerQueue _timers;
    private readonly Func<bool> _isIdle;
    private readonly Action _readMap;
    private volatile bool _isStopped;

    /// <param name="isIdle">Whether no record waits to be sent: else its calls tell.</param>
    public AwayProbe(StreamHealth health, MonotonicClock clock, TimerQueue timers, Func<bool> isIdle, Action readMap)
    {
        (_health, _clock, _timers, _isIdle, _readMap) = (health, clock, timers, isIdle, readMap);
        health.Troubled += LookAfterPatience;
    }

    internal override int Rank => 3;

    /// <summary>Stops looking: the stream sends nothing more.</summary>
    public void Stop()
    {
        _isStopped = true;
        _health.Troubled -= LookAfterPatience;
        _timers.Cancel(this);
    }

    internal override void OnDue(long now)
    {
        if (_health.Trouble is null || _isStopped)
            return;
        if (_health.Find(now) is not null && _health.EndsByReading && _isIdle())
            _readMap();
        _timers.Schedule(this, now + Every);
    }

    private void LookAfterPatience() => _timers.Schedule(this, _clock.Now + StreamHealth.Patience.Ticks);
}
