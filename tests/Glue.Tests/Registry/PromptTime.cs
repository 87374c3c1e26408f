namespace Orleans.Kpl.Glue.Tests.Registry;

/// <summary>
/// Time in which pauses take none: a timer of 3 seconds or less fires at once, and the clock is then where it was due. Longer ones are limits: they fire
/// when the clock has come to them, by pauses or by <see cref="Advance"/>.
/// </summary>
internal sealed class PromptTime : TimeProvider
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(3);

    private readonly Lock _lock = new();
    private readonly List<Limit> _limits = [];
    private readonly List<TimeSpan> _pauses = [];
    private long _ticks = TimeSpan.TicksPerDay;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>The pauses, in their order.</summary>
    public IReadOnlyList<TimeSpan> Pauses
    {
        get
        {
            lock (_lock)
                return [.. _pauses];
        }
    }

    public override long GetTimestamp() => Volatile.Read(ref _ticks);

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddYears(56).AddTicks(GetTimestamp());

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime <= LongestPause && dueTime >= TimeSpan.Zero)
        {
            lock (_lock)
                _pauses.Add(dueTime);
            Advance(dueTime);
            ThreadPool.QueueUserWorkItem(_ => callback(state));
            return new Limit(this, long.MaxValue, () => { });
        }

        var limit = new Limit(this, dueTime < TimeSpan.Zero ? long.MaxValue : GetTimestamp() + dueTime.Ticks, () => callback(state));
        lock (_lock)
            _limits.Add(limit);
        return limit;
    }

    public void Advance(TimeSpan by)
    {
        List<Limit> due;
        lock (_lock)
        {
            Volatile.Write(ref _ticks, _ticks + by.Ticks);
            due = _limits.FindAll(l => l.Due <= _ticks);
            _limits.RemoveAll(due.Contains);
        }

        foreach (var limit in due)
            limit.Fire();
    }

    private sealed class Limit(PromptTime owner, long due, Action fire) : ITimer
    {
        public long Due { get; } = due;

        public void Fire() => fire();

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Dispose();
            return true;
        }

        public void Dispose()
        {
            lock (owner._lock)
                owner._limits.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
