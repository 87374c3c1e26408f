namespace Orleans.Kpl.LocalKinesis.Tests;

/// <summary>Time that moves when a test says so.</summary>
internal sealed class ManualClock : TimeProvider
{
    private long _ticks = new DateTime(2026, 5, 4, 12, 0, 0, DateTimeKind.Utc).Ticks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Volatile.Read(ref _ticks);

    public override DateTimeOffset GetUtcNow() => new(Volatile.Read(ref _ticks), TimeSpan.Zero);

    public void Advance(TimeSpan by) => Interlocked.Add(ref _ticks, by.Ticks);
}
