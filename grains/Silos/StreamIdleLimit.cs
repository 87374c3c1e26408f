namespace Orleans.Kpl.Silos;

/// <summary>How long a stream is unused before a silo closes it.</summary>
/// <param name="After">The time; it is looked at every tenth of it.</param>
internal sealed record StreamIdleLimit(TimeSpan After);
