using Orleans.Kpl.Threads.Scheduling;

namespace Orleans.Kpl.Threads.Scenarios;

/// <summary>Time that a thread of the schedule lets pass. A timer that is due fires on a thread of its own, as the runtime's do.</summary>
internal sealed class SteppedTime(Schedule schedule) : TimeProvider, ITimer
{
    private long _now;
    private long _due = long.MaxValue;
    private bool _isDisposed;
    private Action _fire = static () => { };

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    private bool IsArmed => _due != long.MaxValue;

    public override long GetTimestamp() => _now;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddTicks(_now);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        _fire = () => callback(state);
        return this;
    }

    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        schedule.Step();
        ScheduleFailedException.Unless(!_isDisposed, "a timer is armed after its disposal");
        _due = dueTime < TimeSpan.Zero ? long.MaxValue : _now + dueTime.Ticks;
        return true;
    }

    /// <summary>Lets time pass, to the next instant or a little, until nothing is armed and the others have ended.</summary>
    public void Pass(Func<bool> othersEnded)
    {
        while (IsArmed || !othersEnded() || schedule.Threads.Count > 1)
        {
            schedule.Step();
            if (IsArmed && schedule.Dice.Next(2) == 0)
                _now = Math.Max(_now, _due);
            else if (!othersEnded())
                _now += schedule.Dice.Next(3) * TimeSpan.TicksPerMillisecond;
            if (_due > _now)
                continue;
            _due = long.MaxValue;
            schedule.Start(_fire);
        }
    }

    public void Dispose() => (_due, _isDisposed) = (long.MaxValue, true);

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }
}
