namespace Orleans.Kpl.Pipeline.Timing;

/// <summary>
/// Wakes a holder of records when the first of them may expire, or has waited as long as it may. It is an entry of the stream's timers, and moves only to
/// earlier instants: the next one is found when it fires.
/// </summary>
/// <remarks>Guarded by the lock of its holder, which must not be held while it fires.</remarks>
internal sealed class ExpiryTimer(TimerQueue timers, Action<long> expired) : TimerEntry
{
    /// <summary>The shortest time between two searches for expired records.</summary>
    private const long Grid = 20 * TimeSpan.TicksPerMillisecond;

    private long _dueAt = long.MaxValue;

    internal override int Rank => 0;

    /// <summary>Notes that a record may expire at this instant.</summary>
    public void Expect(long at)
    {
        if (at < _dueAt)
            timers.Schedule(this, _dueAt = at);
    }

    /// <summary>Notes when the next record may expire, once the holder has searched for expired ones.</summary>
    public void Searched(long now, long next)
    {
        _dueAt = long.MaxValue;
        Expect(Math.Max(next, now + Grid));
    }

    /// <summary>Stops, since the holder has no record now. Otherwise the queue would keep the holder until its last record would have expired.</summary>
    public void Stop()
    {
        _dueAt = long.MaxValue;
        timers.Cancel(this);
    }

    internal override void OnDue(long now) => expired(now);
}
