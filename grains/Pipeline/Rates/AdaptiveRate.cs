namespace Orleans.Kpl.Pipeline.Rates;

/// <summary>
/// Determines how much of a shard's rate this producer uses, as a share of 1: all of it until Kinesis throttles, which means that another
/// producer writes there too. Then the rate dips, so that the shard can recover, and holds a level. After a while it probes upwards, slowly
/// at first, until it has the whole rate again or is throttled at a wall.
/// </summary>
/// <remarks>
/// Kinesis allows bursts, so the wall is lower than the level at which a probe met it: the estimate is a third of the way up from the held
/// level. A known wall is probed ever more rarely and slowly, up to once in 90 s, so that neighbours cost next to no throttles. A producer
/// that is throttled while it holds its level gives up more than one that probed. All get the same small addition, so that equal producers
/// converge to equal shares. Near the floor there is no such patience: from 5 % the rate is back at 95 % within 10 s without throttles. Not
/// thread-safe: its shard's lock guards it.
/// </remarks>
internal sealed class AdaptiveRate
{
    /// <summary>The lowest share.</summary>
    public const double Floor = 0.05;

    /// <summary>
    /// The share that is held after a first throttle, and again after throttles above it. A service that counts in windows rejects a
    /// little of the whole rate although nobody else writes, and takes this much.
    /// </summary>
    private const double NearlyAll = 0.975;

    private const long Second = TimeSpan.TicksPerSecond;
    private const long AtOnce = Second;

    /// <summary>A throttle so soon after a decrease may be due to the same exhausted moment of the shard.</summary>
    private const long Aftermath = Second / 20;

    private const long Rise = 7 * Second / 2;
    private const long ShortHold = 2 * Second;
    private const long LongHold = 60 * Second;
    private const long QuickProbe = 8 * Second;
    private const long SlowProbe = 30 * Second;

    private bool _reduced;

    /// <summary>Whether the rate was ever lowered. While false, it is the whole rate at any instant.</summary>
    public bool IsReduced => _reduced;

    private bool _knowsWall;
    private long _since;
    private double _low;
    private double _held;
    private long _hold;
    private long _maskedUntil = long.MinValue;

    /// <summary>Ignores throttles of requests that began by this instant: they say nothing about other writers.</summary>
    public void MaskUntil(long instant) => _maskedUntil = Math.Max(_maskedUntil, instant);

    /// <summary>Returns the share of the rate in force.</summary>
    public double Rate(long now) => IsWhole(now) ? 1 : Level(now - _since);

    /// <summary>
    /// Called when Kinesis throttled this shard. The rate is lowered at most once a round trip: requests that began before the last
    /// decrease, or within a twentieth of a second after it, do not count. At the floor there is nothing to lower, and the next probe
    /// is not delayed.
    /// </summary>
    /// <param name="tookAll">
    /// Whether the shard recently took a second's worth from here (<see cref="RecentDeliveries"/>). A service that counts in windows
    /// then rejects everything until its window is over; one decrease is enough for that.
    /// </param>
    /// <returns>Whether the rate was lowered.</returns>
    public bool OnThrottled(long now, long requestStartedAt, bool tookAll = false)
    {
        if (requestStartedAt <= _maskedUntil || _reduced && requestStartedAt <= _since + Aftermath)
            return false;
        if (IsWhole(now))
        {
            _knowsWall = false;
            Decrease(now, NearlyAll, 0.87, ShortHold);
            return true;
        }

        var elapsed = now - _since;
        var level = Level(elapsed);
        var holding = elapsed < _hold;
        if (holding && level < Floor * 1.05)
            return false;
        if (elapsed < AtOnce)
        {
            if (tookAll)
                return false;
            // The last decrease was not enough. Where the wall is known, the other producers' probes are not over yet.
            if (_knowsWall)
                Decrease(now, _held * 0.85, 0.75, _hold);
            else
                Decrease(now, level * 0.55, 0.75, Math.Min(4 * ShortHold, _hold * 3 / 2));
        }
        else if (holding)
        {
            Decrease(now, _held * 0.75 + 0.015, 0.6, _hold);
        }
        else if (level >= NearlyAll)
        {
            Decrease(now, NearlyAll, 0.97, Math.Clamp(_hold, 2 * ShortHold, LongHold / 2));
        }
        else
        {
            _knowsWall = true;
            Decrease(now, (_held + (level - _held) / 3) * 0.98 + 0.015, 0.4, Math.Min(LongHold, _hold * 8));
        }

        return true;
    }

    /// <summary>Returns the time between two instants, weighted with the rate: the time in which the whole rate would earn as many tokens.</summary>
    public double Earned(long from, long to)
    {
        if (!_reduced || to <= from)
            return to - from;
        // Time before the decrease was earned at the rate before it.
        var start = Math.Max(0, from - _since);
        return Math.Max(0, _since - from) + Earned(Math.Max(0, to - _since)) - Earned(start);
    }

    /// <summary>Returns the instant by which this much is earned.</summary>
    public long WhenEarned(long now, double needed)
    {
        if (IsWhole(now))
            return now + (long)Math.Ceiling(needed);
        long low = now, high = now + (long)Math.Ceiling(needed / Rate(now)) + 1;
        while (low < high)
        {
            var middle = low + (high - low) / 2;
            if (Earned(now, middle) < needed)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }

    private void Decrease(long now, double held, double dip, long hold)
    {
        _reduced = true;
        _since = now;
        _held = Math.Max(Floor, held);
        _low = Math.Max(Floor, _held * dip);
        _hold = _held <= 2 * Floor ? ShortHold : hold;
    }

    private bool IsWhole(long now) => !_reduced || now - _since >= _hold + Probe;

    private bool ProbesSlowly => _knowsWall && _hold > ShortHold;

    private long Probe => ProbesSlowly ? SlowProbe : QuickProbe;

    private double Level(long elapsed)
    {
        if (elapsed < _hold)
        {
            var left = 1 - Math.Min(1, elapsed / (double)Rise);
            return _held - (_held - _low) * left * left * left;
        }

        var probed = Math.Min(1, (elapsed - _hold) / (double)Probe);
        return _held + (1 - _held) * probed * probed * (ProbesSlowly ? probed : 1);
    }

    /// <summary>Returns the integral of <see cref="Level"/> since the last decrease.</summary>
    private double Earned(long elapsed)
    {
        var left = 1 - Math.Min(1, Math.Min(elapsed, _hold) / (double)Rise);
        var earned = _held * Math.Min(elapsed, _hold) - (_held - _low) * Rise / 4 * (1 - left * left * left * left);
        if (elapsed <= _hold)
            return earned;
        var probing = Math.Min(elapsed - _hold, Probe);
        var probed = probing / (double)Probe;
        earned += _held * probing + (1 - _held) * Probe * probed * probed * probed * (ProbesSlowly ? probed / 4 : 1.0 / 3);
        return earned + Math.Max(0, elapsed - _hold - Probe);
    }
}
