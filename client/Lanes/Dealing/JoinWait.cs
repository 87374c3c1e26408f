namespace Orleans.Kpl.Lanes.Dealing;

/// <summary>
/// How long a message that records may still join waits for them while calls are unanswered, as in Nagle's algorithm: as long as silos take to answer. Quiet
/// silos answer at once. Without it, many small clients would give busy silos so many calls of one record each that these do little else.
/// </summary>
/// <remarks>
/// Without a call that is unanswered nothing waits. One slow silo among others holds nothing up for long: each answer of another one makes the wait as short
/// as that was. Guarded by the stream.
/// </remarks>
internal sealed class JoinWait
{
    private const long Shortest = TimeSpan.TicksPerMillisecond;

    /// <summary>The longest wait, in ticks. A message that has waited so long for an idle lane takes any other, as a full one does.</summary>
    public const long Longest = TimeSpan.TicksPerSecond;

    /// <summary>The wait, in ticks; 0 until a silo has answered.</summary>
    public long Ticks { get; private set; }

    /// <summary>A silo has answered a message. The wait at most doubles with each answer, so that it is that of the quickest silo.</summary>
    public void Answered(long took) => Ticks = Math.Min(Math.Min(took, Longest), Math.Max(Shortest, 2 * Ticks));
}
