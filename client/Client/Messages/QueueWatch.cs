using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Client.Messages;

/// <summary>Looks after records that wait for a lane: while there is no silo nobody else ends them.</summary>
internal sealed class QueueWatch(ClientStream stream, TimerQueue timers) : TimerEntry
{
    /// <summary>Messages that come while it is armed may expire earlier; so it looks again after so long at most.</summary>
    private const long LongestLook = TimeSpan.TicksPerMillisecond * 250;

    private volatile bool _isArmed;

    internal override int Rank => 0;

    /// <summary>Arms it, unless it is.</summary>
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
