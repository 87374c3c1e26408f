namespace Orleans.Kpl.Pipeline.Timing;

/// <summary>
/// Detects when a drain may stop: all remaining records are in the backlog, and Kinesis accepts nothing. While Kinesis accepts records the drain
/// continues to deliver them. The detector has no clock: time and observations are passed in.
/// </summary>
internal sealed class DrainStallDetector
{
    /// <summary>How long no record must have been delivered before the drain stops, where no call is under way.</summary>
    /// <remarks>Longer than the second after which the replay tries again what has come back.</remarks>
    public const long WhenIdle = 3 * TimeSpan.TicksPerSecond / 2;

    private long _delivered = -1;
    private long _since;

    /// <summary>Evaluates an observation. True when the drain is over.</summary>
    /// <param name="delivered">Records delivered since the start.</param>
    /// <param name="isKept">Whether no record would be lost.</param>
    /// <param name="callTime">How long calls that are under way may take; 0 where none is.</param>
    public bool IsOver(long now, long delivered, bool isKept, TimeSpan callTime)
    {
        if (!isKept || delivered != _delivered)
            (_delivered, _since) = (delivered, now);
        return isKept && now - _since >= Math.Max(WhenIdle, callTime.Ticks);
    }
}
