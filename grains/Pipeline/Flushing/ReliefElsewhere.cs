using Orleans.Kpl.Pipeline.Fairness;
using Orleans.Kpl.Pipeline.Road.Limiting;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Pipeline.Flushing;

/// <summary>
/// Has other processes send what lingers there while callers wait for memory here. Under saturation it lingers for good reason, so they are asked for that
/// once in <see cref="Interval"/> at most, for as long as somebody waits.
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
        // For those who come too soon after it, or find no room then.
        if (HeapIndex < 0)
            timers.Schedule(this, clock.Now + Interval.Ticks);
    }

    internal override void OnDue(long now)
    {
        if (memory.Closed is null && memory.IsAwaited)
            Relieve();
    }
}
