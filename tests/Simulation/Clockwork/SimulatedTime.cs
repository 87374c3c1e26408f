namespace Orleans.Kpl.Simulation.Clockwork;

/// <summary>A process' clocks and timers. The wall clock can be set; the monotonic one goes on with the world.</summary>
internal sealed class SimulatedTime(World world, SimulatedProcess process) : TimeProvider
{
    /// <summary>When the world began.</summary>
    public static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly long _stampsOfATick = world.HasOwnTimestamps ? 100 : 1;
    private readonly long _booted = world.HasOwnTimestamps ? world.Dice.NextInt64(TimeSpan.TicksPerDay) : 0;

    /// <summary>Ticks by which the wall clock is off.</summary>
    public long WallOffset { get; set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond * _stampsOfATick;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override long GetTimestamp() => (world.Now + _booted) * _stampsOfATick;

    public override DateTimeOffset GetUtcNow() => Start.AddTicks(world.Now + WallOffset);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new WorldTimer(world, process, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class WorldTimer(World world, SimulatedProcess process, Action fire) : ITimer
    {
        private WorldEvent? _next;
        private TimeSpan _period;
        private bool _isDisposed;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (_isDisposed)
                return false;
            Cancel();
            _period = period;
            if (dueTime >= TimeSpan.Zero)
                _next = world.After(dueTime, Fire, process);
            return true;
        }

        public void Dispose()
        {
            Cancel();
            _isDisposed = true;
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Cancel()
        {
            _next?.Cancel();
            _next = null;
        }

        private void Fire()
        {
            _next = _period > TimeSpan.Zero ? world.After(_period, Fire, process) : null;
            fire();
        }
    }
}
