namespace Orleans.Kpl.Pipeline.Limiting;

/// <summary>
/// How much of a shard's rate this producer uses, as a share of 1: all of it until Kinesis throttles, which means that somebody
/// else writes there too. Then it dips, so that the shard regains its breath, holds a level a little below what went through
/// on average since the last decrease, and after a while probes upwards, slowly first, until it has all of the rate again or is
/// throttled again.
/// </summary>
/// <remarks>
/// The average is what counts, because Kinesis lets bursts through: the level at which it throttles says little. Where a probe
/// meets a wall the next one comes later, up to a minute, so that a steady neighbour costs next to no throttles; one that was
/// throttled while it held its level gives up more than one that probed, and everybody gets the same small addition, so that
/// equals become equal. Near the floor there is no such patience: from 5 % it is back at 95 % within 10 s without throttles.
/// Not thread-safe: its shard's lock guards it.
/// </remarks>
internal sealed class AdaptiveRate
{
    /// <summary>Never less than this share.</summary>
    public const double Floor = 0.05;

    private const long Second = TimeSpan.TicksPerSecond;

    // How the level changes at a decrease: where it dips to and where it is held, as shares of the average since the last one.
    private static readonly Step First = new(0.85, 0.97);
    private static readonly Step AtOnceAgain = new(0.6, 0.8);
    private static readonly Step WhileHolding = new(0.6, 0.85, 0.02);
    private static readonly Step WhileProbing = new(0.6, 0.9, 0.02);
    private static readonly Step NearlyAll = new(0.95, 0.98);
    private const double NearlyAllFrom = 0.93;
    private const long AtOnce = Second;

    /// <summary>What is throttled so soon after a decrease may have met the same exhausted moment of the shard.</summary>
    private const long Aftermath = Second / 20;

    private const long Rise = 2 * Second;
    private const long Probe = 8 * Second;
    private const long ShortHold = 2 * Second;
    private const long LongHold = 60 * Second;
    private const long HoldNearlyAll = 4 * Second;
    private const int HoldGrowth = 6;

    private bool _reduced;
    private long _since;
    private double _low;
    private double _held;
    private long _hold;
    private long _maskedUntil = long.MinValue;

    /// <summary>Throttles of requests begun by then tell nothing about others.</summary>
    public void MaskUntil(long instant) => _maskedUntil = Math.Max(_maskedUntil, instant);

    /// <summary>The share of the rate in force.</summary>
    public double Rate(long now) => IsWhole(now) ? 1 : Level(now - _since);

    /// <summary>
    /// Kinesis throttled this shard. One decrease a round trip: requests begun before the last one, or within a twentieth of a second
    /// after it, do not count.
    /// </summary>
    /// <returns>Whether the rate was lowered.</returns>
    public bool OnThrottled(long now, long requestStartedAt)
    {
        if (requestStartedAt <= _maskedUntil || _reduced && requestStartedAt <= _since + Aftermath)
            return false;
        var average = 1.0;
        var step = First;
        var hold = ShortHold;
        if (!IsWhole(now))
        {
            var elapsed = now - _since;
            average = Earned(elapsed) / elapsed;
            (step, hold) = elapsed < AtOnce ? (AtOnceAgain, ShortHold)
                : elapsed < _hold ? (WhileHolding, _hold)
                : (WhileProbing, Math.Min(LongHold, _hold * HoldGrowth));

            // Throttled with nearly all of the rate: hardly anybody else writes, whatever the average since the last decrease was.
            if (elapsed >= AtOnce && Level(elapsed) > NearlyAllFrom)
                (average, step, hold) = (Level(elapsed), NearlyAll, HoldNearlyAll);
        }

        _reduced = true;
        _since = now;
        _hold = average <= 2 * Floor ? ShortHold : hold;
        _held = Math.Max(Floor, average * step.Held + step.Addition);
        _low = Math.Clamp(average * step.Dip, Floor, _held);
        return true;
    }

    /// <summary>The time between two instants, weighed with the rate: what it earns at the whole rate.</summary>
    public double Earned(long from, long to)
    {
        if (!_reduced || to <= from)
            return to - from;
        // What lies before the decrease was earned before it.
        var start = Math.Max(0, from - _since);
        return Math.Max(0, _since - from) + Earned(Math.Max(0, to - _since)) - Earned(start);
    }

    /// <summary>The instant by which that much is earned.</summary>
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

    private bool IsWhole(long now) => !_reduced || now - _since >= _hold + Probe;

    private double Level(long elapsed)
    {
        if (elapsed < _hold)
        {
            var left = 1 - Math.Min(1, elapsed / (double)Rise);
            return _held - (_held - _low) * left * left * left;
        }

        var probed = Math.Min(1, (elapsed - _hold) / (double)Probe);
        return _held + (1 - _held) * probed * probed;
    }

    /// <summary>The integral of <see cref="Level"/> since the last decrease.</summary>
    private double Earned(long elapsed)
    {
        var left = 1 - Math.Min(1, elapsed / (double)Rise);
        var earned = _held * Math.Min(elapsed, _hold) - (_held - _low) * Rise / 4 * (1 - left * left * left * left);
        if (elapsed <= _hold)
            return earned;
        var probing = Math.Min(elapsed - _hold, Probe);
        var probed = probing / (double)Probe;
        earned += _held * probing + (1 - _held) * Probe * probed * probed * probed / 3;
        return earned + Math.Max(0, elapsed - _hold - Probe);
    }

    private readonly record struct Step(double Dip, double Held, double Addition = 0);
}
