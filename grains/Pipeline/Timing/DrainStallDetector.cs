namespace Orleans.Kpl.Pipeline.Timing;

/// <summary>
/// Whether a drain need not go on: what remains is in the backlog, and Kinesis takes nothing. While it takes records they are delivered rather than left.
/// Pure: time and what is seen are passed in.
/// </summary>
internal sealed class DrainStallDetector
{
    /// <summary>So long nothing was delivered and no call is under way.</summary>
    public const long WhenIdle = TimeSpan.TicksPerSecond;

    private long _delivered = -1;
    private long _since;

    /// <summary>Takes a look. True when the drain is over.</summary>
    /// <param name="now">The instant.</param>
    /// <param name="delivered">Records that were ever delivered.</param>
    /// <param name="isKept">Nothing would be lost.</param>
    /// <param name="callTime">How long calls that are under way may take; 0 where none is.</param>
    public bool IsOver(long now, long delivered, bool isKept, TimeSpan callTime)
    {
        if (!isKept || delivered != _delivered)
            (_delivered, _since) = (delivered, now);
        return isKept && now - _since >= Math.Max(WhenIdle, callTime.Ticks);
    }
}
