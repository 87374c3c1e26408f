namespace Orleans.Kpl.Testing;

/// <summary>Time that moves only when a test says so. Timers fire inside <see cref="Advance"/>, in the order they are due.</summary>
internal sealed class FakeTimeProvider : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly List<FakeTimer> _timers = [];
    private long _ticks;
    private long _end;
    private long _offset;

    public static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Volatile.Read(ref _ticks);

    public override DateTimeOffset GetUtcNow() => Start.AddTicks(GetTimestamp() + Volatile.Read(ref _offset));

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new FakeTimer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Timers that are armed now.</summary>
    public int ArmedTimers
    {
        get
        {
            lock (_lock)
                return _timers.Count;
        }
    }

    /// <summary>Whether a timer is due in so much time.</summary>
    public bool IsDueWithin(TimeSpan span)
    {
        lock (_lock)
            return _timers.Any(t => t.Due <= _ticks + span.Ticks);
    }

    /// <summary>Somebody sets the wall clock; what is monotonic stays as it is.</summary>
    public void Jump(TimeSpan by) => Interlocked.Add(ref _offset, by.Ticks);

    /// <summary>The process stands still: no timer fires meanwhile, and those that are late do when time moves on.</summary>
    public void Pause(TimeSpan by)
    {
        lock (_lock)
            Volatile.Write(ref _ticks, Interlocked.Add(ref _end, by.Ticks));
    }

    /// <summary>Moves time on; what several threads ask for adds up.</summary>
    public void Advance(TimeSpan by)
    {
        var end = Interlocked.Add(ref _end, by.Ticks);
        while (true)
        {
            FakeTimer? next;
            lock (_lock)
            {
                next = _timers.Where(t => t.Due <= end).MinBy(t => t.Due);
                if (next is null)
                {
                    Volatile.Write(ref _ticks, Math.Max(_ticks, end));
                    return;
                }

                Volatile.Write(ref _ticks, Math.Max(_ticks, next.Due));
                _timers.Remove(next);
                if (next.Period > 0)
                {
                    next.Due += next.Period;
                    _timers.Add(next);
                }
            }

            next.Fire();
        }
    }

    private sealed class FakeTimer(FakeTimeProvider owner, Action fire) : ITimer
    {
        public long Due;
        public long Period;

        public void Fire() => fire();

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (owner._lock)
            {
                owner._timers.Remove(this);
                Period = period > TimeSpan.Zero ? period.Ticks : 0;
                if (dueTime >= TimeSpan.Zero)
                {
                    Due = owner._ticks + dueTime.Ticks;
                    owner._timers.Add(this);
                }
            }

            return true;
        }

        public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
