namespace Orleans.Kpl.Scaling.Running;

/// <summary>A stream's own instant in a period of the clock: what is done for every stream is done one after another.</summary>
internal readonly struct StreamPhase(string stream)
{
    /// <summary>Gets the share of the period that passes before, 0 to 1.</summary>
    public double Share { get; } = stream.Sum(static c => c) % 32 / 32.0;

    /// <summary>Returns how long it is until the stream's next instant; never zero.</summary>
    /// <param name="every">The period.</param>
    /// <param name="within">All streams have their instants within this time.</param>
    /// <param name="after">When the first one has its instant, after a period begins.</param>
    public TimeSpan ToNext(TimeProvider time, TimeSpan every, TimeSpan within, TimeSpan after = default) =>
        every - TimeSpan.FromTicks((time.GetUtcNow() - after - (within * Share)).UtcTicks % every.Ticks);
}
