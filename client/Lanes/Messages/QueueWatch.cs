using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Lanes.Messages;

/// <summary>Watches records that wait for a lane: while there is no silo, nothing else completes them when they expire.</summary>
internal sealed class QueueWatch(ClientStream stream, TimerQueue timers) : TimerEntry
{
    /// <summary>The longest time between two looks: messages that arrive while the timer is armed may expire earlier.</summary>
    private const long LongestLook = TimeSpan.TicksPerMillisecond * 250;

    private volatile bool _isArmed;

    internal override int Rank => 0;

    /// <summary>Arms the timer, unless it is armed.</summary>
    public void Arm(MessageQueue queue, long now)
    {
        if (_isArmed)
            return;
        _isArmed = true;
        timers.Schedule(this, Math.Min(now + LongestLook, queue.ExpiresAt));
    }

    internal override void OnDue(long now)
    {
        _isArmed = false;
        stream.EndExpired(now);
    }
}
