using Orleans.Kpl.Pipeline.Fairness;
using Orleans.Kpl.Pipeline.Road.Limiting;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Flushing;

/// <summary>
/// Asks other processes to send the records that linger there, while callers wait for memory here. Under saturation records linger for good reason, so the
/// processes are asked once in <see cref="Interval"/> at most, for as long as somebody waits.
/// </summary>
/// <param name="memory">The limit of the stream; once it is closed nobody is asked any more.</param>
/// <param name="expedite">Ends the linger there.</param>
internal sealed class ReliefElsewhere(MemoryLimit memory, Action expedite, TimerQueue timers, MonotonicClock clock) : TimerEntry
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Cooldown _relief = new(Interval);

    internal override int Rank => 5;

    /// <summary>Called when a caller waits.</summary>
    public void Relieve()
    {
        if (_relief.TryStart(clock.Now))
            expedite();
        // Somebody may begin to wait before the interval is over, or may still find no room.
        if (HeapIndex < 0)
            timers.Schedule(this, clock.Now + Interval.Ticks);
    }

    internal override void OnDue(long now)
    {
        if (memory.Closed is null && memory.IsAwaited)
            Relieve();
    }
}
