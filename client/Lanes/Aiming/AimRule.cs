using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Lanes.Aiming;

/// <summary>When a stream aims, in records for each silo: those that wait, and those whose message is not answered yet.</summary>
/// <param name="From">
/// A stream begins to aim above this number. By Little's law the number is the rate of records times a round trip, and so the records that a message of
/// its own would carry. One message costs as much as forwarding some thirty records.
/// </param>
/// <param name="Until">A stream that aims stops below this number. Quiet clients use one silo, which gathers what many of them send.</param>
internal sealed record AimLimits(int From, int Until)
{
    public static readonly AimLimits Default = new(From: 64, Until: 16);
}

/// <summary>Decides whether a stream aims its records at the silos that serve them.</summary>
internal sealed class AimRule(AimLimits limits, MonotonicClock clock)
{
    /// <summary>After so many messages in a row that were aimed wrong, the stream rests from aiming.</summary>
    private const int MostWrong = 8;

    /// <summary>How long it rests: what silos tell is old, or not true.</summary>
    private const long Rest = 10 * TimeSpan.TicksPerSecond;

    private volatile bool _isOn;
    private int _wrong;
    private long _restsUntil;

    public bool IsOn => _isOn;

    /// <summary>Notes how many records wait or are unanswered, as records come.</summary>
    public void Count(int records, int silos)
    {
        var isOn = silos > 1 && (_isOn ? records >= (long)silos * limits.Until : records > (long)silos * limits.From);
        if (isOn != _isOn)
            _isOn = isOn && clock.Now >= Interlocked.Read(ref _restsUntil);
    }

    /// <summary>Notes the answer to a message that was aimed.</summary>
    /// <param name="elsewhere">How many of its records other silos send.</param>
    public void Answered(int records, int elsewhere)
    {
        if (elsewhere * 2 <= records)
        {
            Volatile.Write(ref _wrong, 0);
            return;
        }

        if (Interlocked.Increment(ref _wrong) < MostWrong)
            return;
        Volatile.Write(ref _wrong, 0);
        Interlocked.Exchange(ref _restsUntil, clock.Now + Rest);
        _isOn = false;
    }
}
